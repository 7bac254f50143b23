import type {
  Anew,
  BatchInfo,
  ColumnInfo,
  DataInfo,
  DescentInfo,
  ExampleInfo,
  NudgeInfo,
  Problem,
  ProbeInfo,
  RowsInfo,
  Said,
  TraceInfo,
} from "../protocol/answers";
import { DEFAULT_STATE, type FileChoice, type Hideable, type PlaygroundState } from "../protocol/state";
import { texts } from "../texts";
import type { Frame, Header } from "../transport/frame";
import { hashOf, linkOf } from "./address";
import { History } from "./history.svelte";
import { KeptAddress } from "./kept_address";
import type { Names } from "./names";
import { inWords } from "./said";
import { ShownCurve } from "./shown_curve";

/** Everything a page knows about its experiment.
 *
 * `state` is the one serialisable truth. Frames change 60 times a second and are not
 * reactive: drawings follow them on the screen's beat, `numbers` at a readable pace.
 */
export class Known {
  state = $state<PlaygroundState>(structuredClone(DEFAULT_STATE));
  info = $state.raw<DataInfo | null>(null);
  numbers = $state.raw<Header | null>(null);
  columns = $state.raw<ColumnInfo[]>([]);
  /** The own table that is here: the state may be of another. */
  table = $state.raw<FileChoice>(DEFAULT_STATE.data.file);
  problem = $state.raw<Problem | null>(null);
  trace = $state.raw<TraceInfo | null>(null);
  nudge = $state.raw<NudgeInfo | null>(null);
  probe = $state.raw<ProbeInfo | null>(null);
  example = $state.raw<ExampleInfo | null>(null);
  batch = $state.raw<BatchInfo | null>(null);
  rows = $state.raw<RowsInfo | null>(null);
  descent = $state.raw<DescentInfo | null>(null);
  surface = $state.raw<Frame | null>(null);
  status = $state(texts.engine.starting);
  /** Why training stopped by itself. */
  reason = $state.raw<Said | null>(null);
  /** What was changed, where the run had to start anew because of it. */
  anew = $state<Anew>("");
  connected = $state(false);
  playing = $state(false);
  furthest = $state(0);
  /** Grows when points were re-sent, so that drawings start over. */
  dataVersion = $state(0);
  readonly history = new History();
  names: Names | null = null;

  frame: Frame | null = null;
  points: Frame | null = null;
  readonly curve = new ShownCurve();
  /** Whether frames should carry gradients. */
  wantGradients = false;

  readonly address = new KeptAddress(() => this.snapshot());

  /** Why training stopped by itself, in words; empty where it did not. */
  get stopped(): string {
    return inWords(this.reason);
  }

  /** The state as plain values. */
  snapshot(): PlaygroundState {
    return $state.snapshot(this.state) as PlaygroundState;
  }

  get hash(): string {
    return hashOf(this.snapshot());
  }

  /** A link to this very state; empty where the page has no address of its own. */
  get link(): string {
    return linkOf(this.hash);
  }

  /** Whether a part of the Play view is shown: a link can hide some. */
  shows(part: Hideable): boolean {
    return !this.state.view.hidden.includes(part);
  }

  /** Keep the state as a step of undo; steps of one key in a row are one. */
  record(key = ""): void {
    this.history.record(JSON.stringify(this.state), key);
  }

  /** Say in a sentence what went wrong on the page itself. */
  say(message: string): void {
    this.problem = { type: "problem", message, said: null, kind: "message", iteration: null, layer: null };
  }
}
