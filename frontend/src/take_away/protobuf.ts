// Protocol Buffers, as much as a model in ONNX needs of their encoding.
import { joined } from "./model_file.ts";

type Field = Uint8Array;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
}

/** A field with a whole number. */
export function whole(number: number, value: number): Field {
  return Uint8Array.from([...varint(8 * number), ...varint(value)]);
}

/** A field with bytes, text or a message in it. */
export function bytes(number: number, content: Uint8Array | string | Field[]): Field {
  const inside =
    typeof content === "string"
      ? new TextEncoder().encode(content)
      : Array.isArray(content)
        ? joined(...content)
        : content;
  return joined(Uint8Array.from([...varint(8 * number + 2), ...varint(inside.length)]), inside);
}
