/** Reading a barcode or QR code by camera, offered only where the browser itself can read one. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { _ } from "./i18n";
import { lazy } from "./lazy";
import { Icon } from "./parts";

// Most people never scan; the part that drives the camera waits until somebody does.
const Scanner = lazy(() => import("./scanner").then((module) => module.Scanner));

export function canScan(): boolean {
  return "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);
}

export function ScanButton({ label, onCode }: { label: string; onCode: (code: string) => void }): JSX.Element | null {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  if (!canScan()) return null;
  const close = (): void => {
    setOpen(false);
    // The camera picture that had the focus is gone.
    requestAnimationFrame(() => button.current?.focus({ preventScroll: true }));
  };
  if (open) {
    return (
      <Scanner
        label={label}
        onCode={(code: string) => {
          close();
          onCode(code);
        }}
        onClose={close}
      />
    );
  }
  return (
    <button type="button" class="button" ref={button} onClick={() => setOpen(true)}>
      <Icon name="scan" />
      {_("Scan")}
    </button>
  );
}
