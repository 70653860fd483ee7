/** What the server refused; loaded when there is something to show, and ahead, so that it is there without a network. */
import { lazy } from "./lazy";

export const BlockedCard = lazy(() => import("./blocked-card").then((module) => module.BlockedCard));
