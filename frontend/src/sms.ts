/** How many SMS a text costs, as the server counts (app/messaging/segments.py): GSM-7 160/153 septets, UCS-2 70/67 units. */

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€\f");

export function segmentsOf(text: string): number {
  const signs = [...text];
  const isPlain = signs.every((sign) => BASIC.has(sign) || EXTENDED.has(sign));
  const costs = signs.map((sign) => (isPlain ? (EXTENDED.has(sign) ? 2 : 1) : sign.length));
  const units = costs.reduce((sum, cost) => sum + cost, 0);
  return units <= (isPlain ? 160 : 70) ? 1 : joined(costs, isPlain ? 153 : 67);
}

/** A sign of two units never straddles two segments, so a segment may stay one unit short. */
function joined(costs: number[], room: number): number {
  let segments = 1;
  let used = 0;
  for (const cost of costs) {
    if (used + cost > room) {
      segments += 1;
      used = 0;
    }
    used += cost;
  }
  return segments;
}

/** What the text costs as it goes out; the service puts `prefix` in front where carriers want a signature. */
export function costOf(text: string, prefix: string, pricePerSegment: number): { segments: number; price: number } {
  const trimmed = text.trim();
  const whole = trimmed.startsWith("【") ? trimmed : prefix + trimmed;
  const segments = segmentsOf(whole);
  return { segments, price: segments * pricePerSegment };
}
