// Run a function of a library on an image, on any system: see images.py.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <windows.h>
static void *find(const char *library, const char *name) {
  return (void *)GetProcAddress(LoadLibraryA(library), name);
}
#else
#include <dlfcn.h>
static void *find(const char *library, const char *name) {
  return dlsym(dlopen(library, RTLD_NOW), name);
}
#endif

// Read a whole file to an address that is a multiple of 64.
static char *content(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) exit(2);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  char *room = malloc(*size + 64);
  room += -(uintptr_t)room & 63;
  if (fread(room, 1, *size, file) != *size) exit(3);
  fclose(file);
  return room;
}

int main(int count, char **given) {
  if (count != 6) return 1;
  size_t size, bytes;
  char *image = content(given[3], &size);
  int64_t *places = (int64_t *)content(given[4], &bytes);
  size_t n = bytes / 8;  // the record's place, then those of all addresses
  int (*function)(void *) = (int (*)(void *))find(given[1], given[2]);
  if (!function) return 4;
  for (size_t i = 1; i < n; i++) *(int64_t *)(image + places[i]) += (int64_t)image;
  if (function(image + places[0])) return 5;
  for (size_t i = 1; i < n; i++) *(int64_t *)(image + places[i]) -= (int64_t)image;
  FILE *after = fopen(given[5], "wb");
  if (!after || fwrite(image, 1, size, after) != size || fclose(after)) return 6;
  return 0;
}
