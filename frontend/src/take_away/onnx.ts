// A network as a graph of ONNX: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { facts } from "../engine/facts.ts";
import type { Network } from "../engine/network.ts";
import { evaluate, type Operations } from "../written/formulas.ts";
import { bytesOf, joined } from "./model_file.ts";
import { bytes, whole } from "./protobuf.ts";

const [IR_VERSION, OPSET] = [8, 18];
const FLOAT = 1;

/** Nodes and constants under construction, and a name for every value. */
class Graph {
  readonly nodes: Uint8Array[] = [];
  readonly constants: Uint8Array[] = [];
  #count = 0;

  add(
    operator: string,
    inputs: string[],
    attributes: Uint8Array[] = [],
    output = this.#name(operator.toLowerCase()),
  ): string {
    const fields = [...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(4, operator)];
    this.nodes.push(bytes(1, [...fields, ...attributes.map((each) => bytes(5, each))]));
    return output;
  }

  constant(values: ArrayLike<number>, shape: number[]): string {
    const name = this.#name("constant");
    const raw = bytesOf(Float32Array.from(values));
    const fields = [...shape.map((side) => whole(1, side)), whole(2, FLOAT), bytes(8, name), bytes(9, raw)];
    this.constants.push(bytes(5, fields));
    return name;
  }

  #name(hint: string): string {
    return `${hint}_${++this.#count}`;
  }
}

/** A network as an ONNX model: rows of inputs in, rows of outputs out. */
export function onnxFile(network: Network): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  let value = "inputs";
  for (const { nIn, nOut, weights, biases, activation } of network.layers) {
    const W = graph.constant(network.parameters.subarray(weights, biases), [nOut, nIn]);
    const b = graph.constant(network.parameters.subarray(biases, biases + nOut), [nOut]);
    value = addActivation(graph, activation, graph.add("Gemm", [value, W, b], [attribute("transB", 1)]));
  }
  graph.add("Identity", [value], [], "outputs");
  const whole_ = [
    ...graph.nodes,
    bytes(2, "walnet"),
    ...graph.constants,
    bytes(11, valueInfo("inputs", network.nInputs)),
    bytes(12, valueInfo("outputs", network.nOutputs)),
  ];
  const opset = bytes(8, [bytes(1, ""), whole(2, OPSET)]);
  return joined(whole(1, IR_VERSION), bytes(2, "walnet"), bytes(7, whole_), opset);
}

/** A whole number that an operator is told. */
function attribute(name: string, value: number): Uint8Array {
  return joined(bytes(1, name), whole(3, value), whole(20, 2));
}

/** A value of shape (rows, columns). */
function valueInfo(name: string, columns: number): Uint8Array[] {
  const shape = [bytes(1, [bytes(2, "rows")]), bytes(1, [whole(1, columns)])];
  const tensor = [whole(1, FLOAT), bytes(2, shape)];
  return [bytes(1, name), bytes(2, [bytes(1, tensor)])];
}

function addActivation(graph: Graph, name: string, z: string): string {
  const row = facts.activations[name];
  if (!row.onnx) return evaluate(row.formula, { z }, operationsOf(graph));
  const [operator, options] = row.onnx.split("(");
  const named = (options ?? "").replace(")", "").split(",").filter(Boolean);
  const attributes = named.map((each) => attribute(each.split("=")[0].trim(), Number(each.split("=")[1])));
  return graph.add(operator, [z], attributes);
}

/** What formulas are made of, as nodes. */
function operationsOf(graph: Graph): Operations<string> {
  const two = (operator: string) => (left: string, right: string) => graph.add(operator, [left, right]);
  const functions: Record<string, string> = {
    exp: "Exp",
    ln: "Log",
    sqrt: "Sqrt",
    tanh: "Tanh",
    abs: "Abs",
    erf: "Erf",
  };
  return {
    number: (value) => graph.constant([value], []),
    sum: (left, right, minus) => graph.add(minus ? "Sub" : "Add", [left, right]),
    product: two("Mul"),
    quotient: two("Div"),
    power: two("Pow"),
    negative: (value) => graph.add("Neg", [value]),
    call: (name, value) => graph.add(functions[name], [value]),
    max: two("Max"),
    choose: (left, limit, above, below) => graph.add("Where", [graph.add("Greater", [left, limit]), above, below]),
  };
}
