/** A signature: drawn on the glass, typed by who cannot draw, or on paper with a photo of it. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { drawnName, fromCanvas } from "./capture";
import { addDrawing, picturesOf } from "./evidence";
import { _, pick } from "./i18n";
import { LabelText, type ItemProps } from "./item";
import { Icon } from "./parts";
import { CameraButton, PictureRow } from "./pictures";

type Way = "none" | "draw" | "type";

export function Signature({ task, item }: ItemProps): JSX.Element {
  const [way, setWay] = useState<Way>("none");
  const ids = picturesOf(item);
  const label = pick(item.label);
  const keep = (canvas: HTMLCanvasElement): void => {
    setWay("none");
    void fromCanvas(canvas).then((captured) => addDrawing(task, item, captured));
  };
  return (
    <div class="stacked">
      <LabelText item={item} />
      <PictureRow task={task} item={item} ids={ids} />
      {way === "draw" && <SignaturePad label={label} onCancel={() => setWay("none")} onDone={keep} />}
      {way === "type" && <TypedName onCancel={() => setWay("none")} onDone={keep} />}
      {way === "none" && ids.length === 0 && (
        <div class="row wrap">
          <button type="button" class="button" onClick={() => setWay("draw")}>
            <Icon name="pen" />
            {_("Sign here")}
          </button>
          <button type="button" class="button quiet" onClick={() => setWay("type")}>
            {_("Type the name")}
          </button>
          <CameraButton task={task} item={item} label={label} text={_("Signed on paper")} />
        </div>
      )}
    </div>
  );
}

function TypedName({ onDone, onCancel }: { onDone: (canvas: HTMLCanvasElement) => void; onCancel: () => void }): JSX.Element {
  const [name, setName] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  return (
    <div class="pad">
      <label class="field">
        <span>{_("Name of who signs")}</span>
        <input ref={field} autocomplete="off" maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <div class="row wrap">
        <button type="button" class="button" onClick={onCancel}>
          {_("Cancel")}
        </button>
        <button type="button" class="button main grow" disabled={name.trim() === ""} onClick={() => onDone(drawnName(name.trim()))}>
          {_("Keep the name")}
        </button>
      </div>
    </div>
  );
}

function SignaturePad({ label, onDone, onCancel }: { label: string; onDone: (canvas: HTMLCanvasElement) => void; onCancel: () => void }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  const clear = (): void => {
    const pad = canvas.current;
    const context = pad?.getContext("2d");
    if (!pad || !context) return;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, pad.width, pad.height);
    context.lineWidth = 2.4 * devicePixelRatio;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#1f2430";
    setDrawn(false);
  };
  // Before it is seen: prepared any later, it would wipe away the first stroke of a quick hand.
  useLayoutEffect(() => {
    const pad = canvas.current;
    if (!pad) return;
    pad.width = Math.round(pad.clientWidth * devicePixelRatio);
    pad.height = Math.round(pad.clientHeight * devicePixelRatio);
    clear();
  }, []);
  const draw = (event: PointerEvent): void => {
    const pad = canvas.current;
    const context = pad?.getContext("2d");
    if (!pad || !context || event.buttons === 0) return;
    const { x, y } = pointOn(pad, event);
    if (event.type === "pointerdown") {
      pad.setPointerCapture(event.pointerId);
      context.beginPath();
      context.moveTo(x, y);
    }
    context.lineTo(x, y);
    context.stroke();
    setDrawn(true);
  };
  return (
    <div class="pad">
      <canvas ref={canvas} role="img" aria-label={label} onPointerDown={draw} onPointerMove={draw} />
      <div class="row wrap">
        <button type="button" class="button" onClick={onCancel}>
          {_("Cancel")}
        </button>
        <button type="button" class="button" onClick={clear} disabled={!drawn}>
          {_("Clear")}
        </button>
        <button type="button" class="button main grow" disabled={!drawn} onClick={() => canvas.current && onDone(canvas.current)}>
          {_("Keep the signature")}
        </button>
      </div>
    </div>
  );
}

function pointOn(pad: HTMLCanvasElement, event: PointerEvent): { x: number; y: number } {
  const box = pad.getBoundingClientRect();
  return { x: ((event.clientX - box.left) * pad.width) / box.width, y: ((event.clientY - box.top) * pad.height) / box.height };
}
