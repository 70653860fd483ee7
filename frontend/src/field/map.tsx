/** The day on a map: stops with their numbers, the line in their order, and the same stops as a list below. Drawn by
 * ourselves: a library for maps is ten times as heavy, and would need a hole in the page's policy. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import "../styles/field/map.css";
import { SyncChip } from "./app";
import { DayLinks, dayOf, type Day } from "./day";
import type { Forecast } from "./day-plan";
import { EndedFacets, Facets } from "./facets";
import { kilometresByStreet, placeOf, travelMinutes, type Place } from "./geo";
import { _ } from "./i18n";
import { asDrawnThere } from "./mainland";
import { fit, gather, gridOf, latitudeOf, moved, namesWithRoom, onScreen, runsOf, tilesOf, zoomed, type Grid, type Point, type Size, type View } from "./map-view";
import { Empty, Icon, useTick } from "./parts";
import { routeAddress } from "./places";
import { isEnded } from "./rules";
import { back } from "./router";
import type { State, TaskView } from "./state";
import { clock } from "./time";
import { typeWord } from "./words";

/** `number` and `place` are missing for calls, and for visits whose place nobody knows. */
interface Stop {
  task: TaskView;
  number: number | null;
  place: Place | null;
  isNext: boolean;
}

interface Own extends Place {
  accuracy: number;
}

const SIGNS = {
  nearer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  all: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  own: "M12 4v3M12 17v3M4 12h3M17 12h3M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM12 12.500v-1",
};
const KEY_STEP = 80;
const MARK = 34;
/** Long enough to read one sentence, which lies on the map meanwhile. */
const READ_MILLISECONDS = 8_000;

export function DayMap({ state, day }: { state: State; day: Day }): JSX.Element {
  useTick(30);
  const plan = dayOf(state, day);
  // Without pictures below there is nothing to move along with.
  const onMap = (place: Place | null): Place | null => (place && state.map?.tiles && state.map.is_mainland ? asDrawnThere(place) : place);
  const stops = stopsOf(plan.inOrder, plan.next, onMap);
  const store = onMap(placeOf(state.user?.store));
  const [chosen, choose] = useState<number | null>(null);
  const isShown = stops.some((stop) => stop.place);
  const showInList = (id: number): void => {
    choose(id);
    const row = document.getElementById(`stop-${id}`);
    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector("a")?.focus({ preventScroll: true });
  };
  return (
    <div class="today day-map">
      <header class="top">
        <button type="button" class="icon-button" onClick={() => back(plan.path)} aria-label={_("Back to the list")}>
          <Icon name="back" />
        </button>
        <h1>{plan.title}</h1>
        <SyncChip state={state} />
      </header>
      <DayLinks day={day} asMap />
      {isShown && (
        <Canvas stops={stops} store={store} onMap={onMap} chosen={chosen} onChoose={showInList} tiles={state.map} isReachable={state.reachable !== false} key={`${day}`} />
      )}
      {!isShown && <Empty title={stops.length > 0 ? _("No stop of this day has a place on the map.") : state.syncedAt ? _("Nothing is planned yet.") : _("Your day is not on this phone yet.")} />}
      {stops.length > 0 && (
        <section aria-labelledby="stops">
          <h2 id="stops">{_("Stops in their order")}</h2>
          <ol class="cards stops">
            {stops.map((stop, index) => (
              <StopRow key={stop.task.id} stop={stop} before={beforeOf(stops, index, store)} forecast={plan.forecasts.get(stop.task.id)} chosen={stop.task.id === chosen} onShow={() => choose(stop.task.id)} />
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}

function stopsOf(tasks: TaskView[], next: TaskView | undefined, onMap: (place: Place | null) => Place | null): Stop[] {
  let number = 0;
  return tasks
    .filter((task) => task.status !== "cancelled")
    .map((task) => {
      const place = task.type === "callback" ? null : onMap(placeOf(task.customer));
      return { task, place, number: place ? ++number : null, isNext: task === next };
    });
}

interface Before {
  place: Place;
  isStore: boolean;
}

function beforeOf(stops: Stop[], index: number, store: Place | null): Before | null {
  const place = stops.slice(0, index).findLast((stop) => stop.place)?.place;
  if (place) return { place, isStore: false };
  return store && { place: store, isStore: true };
}

function wayWords({ place, isStore }: Before, to: Place): string {
  const values = { km: kilometresByStreet(place, to).toFixed(1), minutes: Math.round(travelMinutes(place, to)) };
  if (isStore) return _("%(km)s km, about %(minutes)s min from the store", values);
  return _("%(km)s km, about %(minutes)s min from the stop before", values);
}

interface StopRowProps {
  stop: Stop;
  before: Before | null;
  forecast: Forecast | undefined;
  chosen: boolean;
  onShow: () => void;
}

function StopRow({ stop, before, forecast, chosen, onShow }: StopRowProps): JSX.Element {
  const { task, place, number } = stop;
  const route = isEnded(task) ? null : routeAddress(task);
  return (
    <li id={`stop-${task.id}`} class={chosen ? "stop chosen" : "stop"}>
      {place ? (
        <button type="button" class={`stop-number ${toneOf(stop)}`} onClick={onShow} aria-label={_("Show stop %(number)s on the map", { number: number ?? "" })}>
          {number}
        </button>
      ) : (
        <span class="stop-number none">
          <Icon name={task.type} />
        </span>
      )}
      <a class="stop-link" href={`/m/tasks/${task.id}`}>
        <strong>
          <span class="stop-time">{clock(task.window_start, task.zone)}–{clock(task.window_end, task.zone)}</span> {task.customer.name}
        </strong>
        <span class="soft">{task.type === "callback" ? typeWord(task) : task.customer.address || _("The address is not known.")}</span>
        {place && before && !isEnded(task) && <span class="soft">{wayWords(before, place)}</span>}
        {isEnded(task) ? <EndedFacets task={task} /> : <Facets task={task} forecast={forecast} />}
      </a>
      {route && (
        <a class="icon-button" href={route} target="_blank" rel="noreferrer" aria-label={_("Route to %(name)s", { name: task.customer.name })}>
          <Icon name="pin" />
        </a>
      )}
    </li>
  );
}

function toneOf({ task, isNext }: Stop): string {
  if (isEnded(task)) return "done";
  return isNext ? "next-stop" : "";
}

interface CanvasProps {
  stops: Stop[];
  store: Place | null;
  onMap: (place: Place | null) => Place | null;
  chosen: number | null;
  onChoose: (id: number) => void;
  tiles: State["map"];
  isReachable: boolean;
}

function Canvas({ stops, store, onMap, chosen, onChoose, tiles, isReachable }: CanvasProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const [picked, look] = useState<View | null>(null);
  const [own, setOwn] = useState<Own | null>(null);
  const placed = stops.filter((stop) => stop.place);
  const places = [...(store ? [store] : []), ...placed.map((stop) => stop.place as Place), ...(own ? [own] : [])];
  const view = picked ?? fit(places, size);
  const grid = gridOf(view, size, placed[0]?.place?.lat ?? latitudeOf(view.y));
  useGestures(box, { view, size, look });
  useEffect(() => {
    const stop = placed.find((one) => one.task.id === chosen);
    if (!stop?.place || !size.width) return;
    const at = onScreen(stop.place, view, size);
    look(moved(view, size.width / 2 - at.x, size.height / 2 - at.y));
  }, [chosen]);
  const pressed = (event: KeyboardEvent): void => {
    const next = afterKey(event.key, view, size);
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    look(next);
  };
  return (
    <div class="map-frame">
      <div class="map" ref={box} tabIndex={0} role="region" aria-label={_("Map of the day. Arrow keys move it, plus and minus zoom.")} onKeyDown={pressed}>
        {size.width > 0 && (
          <>
            <Squares grid={grid} size={size} />
            {tiles?.tiles && <Tiles tiles={tiles} view={view} size={size} key={`${isReachable}`} />}
            <Ground stops={placed} store={store} own={own} view={view} size={size} grid={grid} />
            <Marks stops={placed} view={view} size={size} chosen={chosen} onChoose={onChoose} onNearer={look} />
          </>
        )}
      </div>
      <div class="map-buttons">
        <button type="button" class="icon-button" onClick={() => look(zoomed(view, size, 1))} aria-label={_("Nearer")}>
          <Sign d={SIGNS.nearer} />
        </button>
        <button type="button" class="icon-button" onClick={() => look(zoomed(view, size, -1))} aria-label={_("Farther")}>
          <Sign d={SIGNS.farther} />
        </button>
        <button type="button" class="icon-button" onClick={() => look(null)} aria-label={_("Show all stops")}>
          <Sign d={SIGNS.all} />
        </button>
        <OwnPlace onFound={(found) => (setOwn({ ...found, ...onMap(found) }), look(null))} />
      </div>
      {tiles?.tiles && tiles.attribution && <p class="map-source">{tiles.attribution}</p>}
    </div>
  );
}

function Sign({ d }: { d: string }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

function afterKey(key: string, view: View, size: Size): View | null {
  const steps: Record<string, () => View> = {
    ArrowLeft: () => moved(view, KEY_STEP, 0),
    ArrowRight: () => moved(view, -KEY_STEP, 0),
    ArrowUp: () => moved(view, 0, KEY_STEP),
    ArrowDown: () => moved(view, 0, -KEY_STEP),
    "+": () => zoomed(view, size, 1),
    "=": () => zoomed(view, size, 1),
    "-": () => zoomed(view, size, -1),
  };
  return steps[key]?.() ?? null;
}

function Tiles({ tiles, view, size }: { tiles: NonNullable<State["map"]>; view: View; size: Size }): JSX.Element {
  return (
    <div class="map-tiles" aria-hidden="true">
      {tilesOf(tiles.tiles, view, size, tiles.max_zoom).map((tile) => (
        // The makers of tiles want to know which site asks; of the address they learn no more than that.
        <img
          key={tile.key}
          src={tile.address}
          alt=""
          draggable={false}
          referrerpolicy="origin"
          style={{ left: `${tile.x}px`, top: `${tile.y}px`, width: `${tile.size + 0.5}px`, height: `${tile.size + 0.5}px` }}
          onError={(event) => (event.currentTarget.hidden = true)}
        />
      ))}
    </div>
  );
}

interface GroundProps {
  stops: Stop[];
  store: Place | null;
  own: Own | null;
  view: View;
  size: Size;
  grid: Grid;
}

/** Below the pictures: where none come, because there is no network or no address of any, the squares are seen. */
function Squares({ grid, size }: { grid: Grid; size: Size }): JSX.Element {
  const lines = [...grid.columns.map((x) => `M${x} 0V${size.height}`), ...grid.rows.map((y) => `M0 ${y}H${size.width}`)];
  return (
    <svg class="map-ground" viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
      <path class="map-grid" d={lines.join("")} />
    </svg>
  );
}

/** Everything that is only looked at: the line, the store, the own place, the length of a square. */
function Ground({ stops, store, own, view, size, grid }: GroundProps): JSX.Element {
  const at = (place: Place): Point => onScreen(place, view, size);
  const ends = [...(store ? [{ place: store, done: true }] : []), ...stops.map((stop) => ({ place: stop.place as Place, done: isEnded(stop.task) }))];
  return (
    <svg class="map-ground" viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
      {ends.slice(1).map((to, index) => {
        const [a, b] = [at((ends[index] as { place: Place }).place), at(to.place)];
        return <line key={index} class={to.done ? "map-line done" : "map-line"} x1={a.x} y1={a.y} x2={b.x} y2={b.y} />;
      })}
      {store && !stops.some((stop) => covers(at(stop.place as Place), at(store))) && <StoreSign {...at(store)} />}
      {own && <OwnSign {...at(own)} radius={own.accuracy / (grid.metres / grid.pixels)} />}
      <g class="map-scale" transform={`translate(12 ${size.height - 14})`}>
        <path d={`M0 -5V0H${grid.pixels}V-5`} />
        <text x="4" y="-8">
          {grid.metres >= 1000 ? _("%(km)s km", { km: grid.metres / 1000 }) : _("%(metres)s m", { metres: grid.metres })}
        </text>
      </g>
    </svg>
  );
}

/** A stop next to the store would stand on its sign. */
function covers(stop: Point, store: Point): boolean {
  return Math.hypot(stop.x - store.x, stop.y - store.y) < 26;
}

function StoreSign({ x, y }: Point): JSX.Element {
  return (
    <g class="map-store" transform={`translate(${x} ${y})`}>
      <circle r="15" />
      <path transform="translate(-9 -9) scale(.75)" d="M4 9 5.500 4h13L20 9M4 9v11h16V9M4 9a2.600 2.600 0 0 0 5.300 0 2.600 2.600 0 0 0 5.400 0A2.600 2.600 0 0 0 20 9M9.500 20v-6h5v6" />
    </g>
  );
}

function OwnSign({ x, y, radius }: Point & { radius: number }): JSX.Element {
  return (
    <g class="map-own">
      <circle class="map-own-doubt" cx={x} cy={y} r={Math.max(radius, 12)} />
      <circle cx={x} cy={y} r="8" />
    </g>
  );
}

interface MarksProps {
  stops: Stop[];
  view: View;
  size: Size;
  chosen: number | null;
  onChoose: (id: number) => void;
  onNearer: (view: View) => void;
}

const MOST_IN_A_ROW = 3;

/** Many doors of one house stand below each other: one long line of numbers would cover the stops beside it. */
function rowsOf(members: { stop: Stop }[]): string[] {
  const numbers = runsOf(members.map((one) => one.stop.number ?? 0));
  const count = Math.ceil(numbers.length / MOST_IN_A_ROW);
  return Array.from({ length: count }, (_row, index) => numbers.slice(index * MOST_IN_A_ROW, (index + 1) * MOST_IN_A_ROW).join(", "));
}

/** As large as the style sheet draws it, a little more rather than less; `letters`: how much larger the reader wants them. */
function markSize(rows: string[], letters: number): Size {
  const longest = Math.max(...rows.map((row) => row.length));
  return { width: Math.max(MARK, longest * 8 * letters + 18), height: Math.max(MARK, rows.length * 19 * letters + 12) };
}

function Marks({ stops, view, size, chosen, onChoose, onNearer }: MarksProps): JSX.Element {
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const sizeOf = (members: { stop: Stop }[]): Size => markSize(rowsOf(members), letters);
  const clusters = gather(stops.map((stop) => ({ stop, ...onScreen(stop.place as Place, view, size) })), MARK - 6, sizeOf);
  const marks = clusters.map(({ x, y, members }) => ({ x, y, ...sizeOf(members), name: members.length === 1 ? (members[0]?.stop.task.customer.name ?? "") : "" }));
  const buttons = { left: size.width - 64, right: size.width, top: 0, bottom: 224 };
  const named = namesWithRoom(marks, size, [buttons]);
  return (
    <>
      {clusters.map((cluster, index) => {
        const [first] = cluster.members;
        if (!first) return null;
        const { task } = first.stop;
        const several = cluster.members.length > 1;
        const rows = rowsOf(cluster.members);
        const numbers = rows.join(", ");
        const isChosen = cluster.members.some((one) => one.stop.task.id === chosen);
        const closer = zoomed(view, size, 2, cluster);
        // Doors of one house never come apart, however near one looks.
        const canPart = several && closer.zoom > view.zoom && new Set(cluster.members.map((one) => `${one.x},${one.y}`)).size > 1;
        return (
          <button
            key={task.id}
            type="button"
            class={`map-stop ${several ? "several" : toneOf(first.stop)} ${isChosen ? "chosen" : ""}`}
            style={{ left: `${cluster.x}px`, top: `${cluster.y}px` }}
            aria-label={several ? _("Stops %(numbers)s", { numbers }) : _("Stop %(number)s: %(name)s", { number: numbers, name: task.customer.name })}
            onClick={() => (canPart ? onNearer(closer) : onChoose(task.id))}
          >
            <span class="map-number">{rows.join("\n")}</span>
            {named.has(index) && <span class="map-name">{task.customer.name}</span>}
          </button>
        );
      })}
    </>
  );
}

type Asked = "no" | "asking" | "found" | "refused" | "nowhere";

/** Asked for only when somebody presses it, and kept nowhere. */
function OwnPlace({ onFound }: { onFound: (own: Own) => void }): JSX.Element | null {
  const [asked, say] = useState<Asked>("no");
  const [isQuiet, hush] = useState(false);
  useEffect(() => {
    hush(false);
    const timer = setTimeout(() => hush(asked !== "asking"), READ_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [asked]);
  if (!("geolocation" in navigator)) return null;
  const ask = (): void => {
    say("asking");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        say("found");
        onFound({ lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy });
      },
      (error) => say(error.code === error.PERMISSION_DENIED ? "refused" : "nowhere"),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  };
  const words: Record<Asked, string> = {
    no: "",
    asking: _("Looking for your place…"),
    found: _("Your place is shown here only. It is not sent or kept."),
    refused: _("This phone does not tell its place. The browser’s settings can allow it."),
    nowhere: _("Your place could not be found just now."),
  };
  return (
    <>
      <button type="button" class="icon-button" onClick={ask} aria-label={_("Show my place")} aria-pressed={asked === "found"}>
        <Sign d={SIGNS.own} />
      </button>
      <p class="map-said" role="status">
        {isQuiet ? "" : words[asked]}
      </p>
    </>
  );
}

function useSize(box: { current: HTMLElement | null }): Size {
  const [size, measure] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => {
      if (entry) measure({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    watcher.observe(box.current as HTMLElement);
    return () => watcher.disconnect();
  }, []);
  return size;
}

interface Gestures {
  view: View;
  size: Size;
  look: (view: View) => void;
}

/** One finger moves the map, two zoom it; the wheel zooms once the map has the focus, and scrolls the page else. */
function useGestures(box: { current: HTMLElement | null }, now: Gestures): void {
  const latest = useRef(now);
  latest.current = now;
  useEffect(() => {
    const map = box.current as HTMLElement;
    const fingers = new Map<number, Point>();
    const show = (view: View): void => {
      latest.current = { ...latest.current, view };
      latest.current.look(view);
    };
    const pointOf = (event: MouseEvent): Point => {
      const frame = map.getBoundingClientRect();
      return { x: event.clientX - frame.left, y: event.clientY - frame.top };
    };
    const down = (event: PointerEvent): void => {
      if (event.button !== 0) return;
      fingers.set(event.pointerId, pointOf(event));
      // From now on it lies as it is seen: news of the day must not fit it anew under the finger.
      show(latest.current.view);
    };
    const move = (event: PointerEvent): void => {
      const from = fingers.get(event.pointerId);
      if (!from) return;
      const to = pointOf(event);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      // A press that hardly moves is a press on a mark.
      if (!other && !map.hasPointerCapture(event.pointerId)) {
        if (Math.hypot(to.x - from.x, to.y - from.y) < 6) return;
        map.setPointerCapture(event.pointerId);
      }
      fingers.set(event.pointerId, to);
      const { view, size } = latest.current;
      if (!other) return show(moved(view, to.x - from.x, to.y - from.y));
      const middle = { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 };
      const grown = Math.hypot(to.x - other.x, to.y - other.y) / Math.max(Math.hypot(from.x - other.x, from.y - other.y), 1);
      show(zoomed(moved(view, (to.x - from.x) / 2, (to.y - from.y) / 2), size, Math.log2(grown), middle));
    };
    const up = (event: PointerEvent): void => void fingers.delete(event.pointerId);
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !map.contains(document.activeElement)) return;
      event.preventDefault();
      show(zoomed(latest.current.view, latest.current.size, -event.deltaY / 200, pointOf(event)));
    };
    const twice = (event: MouseEvent): void => show(zoomed(latest.current.view, latest.current.size, 1, pointOf(event)));
    map.addEventListener("pointerdown", down);
    map.addEventListener("pointermove", move);
    map.addEventListener("pointerup", up);
    map.addEventListener("pointercancel", up);
    map.addEventListener("pointerleave", up);
    map.addEventListener("wheel", wheel, { passive: false });
    map.addEventListener("dblclick", twice);
    return () => {
      map.removeEventListener("pointerdown", down);
      map.removeEventListener("pointermove", move);
      map.removeEventListener("pointerup", up);
      map.removeEventListener("pointercancel", up);
      map.removeEventListener("pointerleave", up);
      map.removeEventListener("wheel", wheel);
      map.removeEventListener("dblclick", twice);
    };
  }, []);
}
