/* Predicts one row by a model that walnet has exported as ONNX.
 *
 *   cc -std=c11 predict.c -I ORT/include -L ORT/lib -l onnxruntime -o predict
 *   ./predict penguins.onnx Biscoe 50.0 15.2 218 5700 male 2009
 *
 * A value for each column, in the order of the model's inputs; "" is a missing one.
 * What the inputs are called and which type they have, the model itself says.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "onnxruntime_c_api.h"

enum { MOST = 256 }; /* columns of the table, and outputs of the model */

static const OrtApi *ort;
static OrtAllocator *allocator;
static const int64_t ONE_ROW[] = {1, 1};

/* Ends the program where onnxruntime reports a fault. */
static void check(OrtStatus *status) {
  if (status == NULL) return;
  fprintf(stderr, "%s\n", ort->GetErrorMessage(status));
  exit(1);
}

static ONNXTensorElementDataType input_type(const OrtSession *session, size_t index) {
  OrtTypeInfo *info;
  const OrtTensorTypeAndShapeInfo *tensor;
  ONNXTensorElementDataType type;
  check(ort->SessionGetInputTypeInfo(session, index, &info));
  check(ort->CastTypeInfoToTensorInfo(info, &tensor));
  check(ort->GetTensorElementType(tensor, &type));
  ort->ReleaseTypeInfo(info);
  return type;
}

/* A text as a (1, 1) tensor: a category. */
static OrtValue *text_value(const char *text) {
  OrtValue *value;
  check(ort->CreateTensorAsOrtValue(
      allocator, ONE_ROW, 2, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, &value));
  check(ort->FillStringTensor(value, &text, 1));
  return value;
}

/* A number as a (1, 1) tensor of float64; NaN where the text is empty. */
static OrtValue *number_value(const char *text) {
  OrtValue *value;
  double *number;
  char *end;
  check(ort->CreateTensorAsOrtValue(
      allocator, ONE_ROW, 2, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, &value));
  check(ort->GetTensorMutableData(value, (void **)&number));
  *number = *text == '\0' ? NAN : strtod(text, &end);
  if (*text != '\0' && *end != '\0') {
    fprintf(stderr, "'%s' is not a number\n", text);
    exit(1);
  }
  return value;
}

static void print_texts(const OrtValue *value, size_t count) {
  for (size_t index = 0; index < count; index++) {
    size_t length;
    check(ort->GetStringTensorElementLength(value, index, &length));
    char text[length + 1];
    check(ort->GetStringTensorElement(value, length, index, text));
    printf(" %.*s", (int)length, text);
  }
}

static void print_output(const char *name, OrtValue *value) {
  OrtTensorTypeAndShapeInfo *info;
  ONNXTensorElementDataType type;
  size_t count;
  void *data = NULL;
  check(ort->GetTensorTypeAndShape(value, &info));
  check(ort->GetTensorElementType(info, &type));
  check(ort->GetTensorShapeElementCount(info, &count));
  ort->ReleaseTensorTypeAndShapeInfo(info);
  printf("%s:", name);
  if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) print_texts(value, count);
  else check(ort->GetTensorMutableData(value, &data));
  for (size_t index = 0; data != NULL && index < count; index++) {
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE)
      printf(" %.6f", ((double *)data)[index]);
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
      printf(" %.6f", ((float *)data)[index]);
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64)
      printf(" %lld", (long long)((int64_t *)data)[index]);
  }
  printf("\n");
}

/* Fills names and values from the command line; returns how many there are. */
static size_t read_row(OrtSession *session, int count, char **texts,
                       const char **names, const OrtValue **values) {
  size_t inputs;
  check(ort->SessionGetInputCount(session, &inputs));
  if (inputs > MOST || (size_t)count != inputs) {
    fprintf(stderr, "the model takes %zu values, not %d\n", inputs, count);
    exit(1);
  }
  for (size_t index = 0; index < inputs; index++) {
    char *name;
    check(ort->SessionGetInputName(session, index, allocator, &name));
    names[index] = name;
    values[index] =
        input_type(session, index) == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING
            ? text_value(texts[index])
            : number_value(texts[index]);
  }
  return inputs;
}

int main(int argc, char **argv) {
  const char *names[MOST], *output_names[MOST];
  const OrtValue *values[MOST];
  OrtValue *outputs[MOST] = {NULL};
  OrtEnv *environment;
  OrtSessionOptions *options;
  OrtSession *session;
  size_t inputs, count;
  if (argc < 2) {
    fprintf(stderr, "usage: predict MODEL.onnx VALUE...\n");
    return 2;
  }
  ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  if (ort == NULL) {
    fprintf(stderr, "the onnxruntime library is older than its header\n");
    return 1;
  }
  check(ort->CreateEnv(ORT_LOGGING_LEVEL_WARNING, "predict", &environment));
  check(ort->CreateSessionOptions(&options));
  check(ort->CreateSession(environment, argv[1], options, &session));
  check(ort->GetAllocatorWithDefaultOptions(&allocator));
  inputs = read_row(session, argc - 2, argv + 2, names, values);
  check(ort->SessionGetOutputCount(session, &count));
  if (count > MOST) return 1;
  for (size_t index = 0; index < count; index++) {
    char *name;
    check(ort->SessionGetOutputName(session, index, allocator, &name));
    output_names[index] = name;
  }
  check(ort->Run(session, NULL, names, values, inputs, output_names, count, outputs));
  for (size_t index = 0; index < count; index++)
    print_output(output_names[index], outputs[index]);
  /* The end of the program gives names, values and outputs back. */
  ort->ReleaseSession(session);
  ort->ReleaseSessionOptions(options);
  ort->ReleaseEnv(environment);
  return 0;
}
