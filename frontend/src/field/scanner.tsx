/** The camera looks for a code until it finds one. It stands in the page like any other card; nothing is locked. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { _ } from "./i18n";

const LOOK_EVERY_MILLISECONDS = 250;
const FORMATS = ["ean_13", "ean_8", "upc_a", "upc_e", "code_128", "code_39", "itf", "qr_code", "data_matrix"];

interface Detector {
  detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]>;
}

interface DetectorClass {
  new (options?: { formats: string[] }): Detector;
  getSupportedFormats?: () => Promise<string[]>;
}

export function Scanner({ label, onCode, onClose }: { label: string; onCode: (code: string) => void; onClose: () => void }): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const closing = useRef<HTMLButtonElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    closing.current?.focus({ preventScroll: true });
    video.current?.scrollIntoView({ block: "center", behavior: "smooth" });
    const look = new Look(video.current as HTMLVideoElement, onCode);
    look.begin().catch((error: unknown) => setProblem(problemOf(error)));
    return () => look.end();
  }, []);
  return (
    <div class="scanner" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <video ref={video} class="scanner-view" aria-label={_("Camera looking for the code: %(what)s", { what: label })} muted playsInline />
      <p class="soft" role="status">
        {problem ?? _("Hold the code in front of the camera.")}
      </p>
      <button type="button" class="button" ref={closing} onClick={onClose}>
        {_("Close the camera")}
      </button>
    </div>
  );
}

function problemOf(error: unknown): string {
  const isRefused = error instanceof DOMException && error.name === "NotAllowedError";
  return isRefused ? _("The app may not use the camera. You can type the code.") : _("The camera does not work here. You can type the code.");
}

class Look {
  private stream: MediaStream | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOver = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly found: (code: string) => void,
  ) {}

  async begin(): Promise<void> {
    const detector = await newDetector();
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    this.stream = stream;
    if (this.isOver) return this.end();
    this.video.srcObject = stream;
    await this.video.play();
    const look = async (): Promise<void> => {
      // A frame that is not there yet is an error in some browsers; the next one comes soon.
      const codes = await detector.detect(this.video).catch(() => []);
      const code = codes[0]?.rawValue.trim();
      if (this.isOver) return;
      if (code) return this.found(code);
      this.timer = setTimeout(() => void look(), LOOK_EVERY_MILLISECONDS);
    };
    await look();
  }

  end(): void {
    this.isOver = true;
    clearTimeout(this.timer);
    this.stream?.getTracks().forEach((track) => track.stop());
  }
}

async function newDetector(): Promise<Detector> {
  const Found = (globalThis as unknown as { BarcodeDetector: DetectorClass }).BarcodeDetector;
  const known = (await Found.getSupportedFormats?.()) ?? FORMATS;
  const wanted = FORMATS.filter((format) => known.includes(format));
  return wanted.length > 0 ? new Found({ formats: wanted }) : new Found();
}
