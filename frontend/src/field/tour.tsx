/** Three cards for the first day with the app. They stand in the page, above the day, and leave with one tap. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import "../styles/field/tour.css";
import { _ } from "./i18n";
import { Blossom, Icon } from "./parts";

interface Card {
  picture: JSX.Element;
  title: string;
  text: string;
}

export function Tour({ onEnd }: { onEnd: () => void }): JSX.Element {
  const [place, move] = useState(0);
  const heading = useRef<HTMLHeadingElement>(null);
  const all = cards();
  const { picture, title, text } = all[place] as Card;
  const isLast = place === all.length - 1;
  const turn = (): void => {
    if (isLast) return onEnd();
    move(place + 1);
    // Who hears the page is told the next card; the words have changed by then.
    requestAnimationFrame(() => heading.current?.focus());
  };
  return (
    <section class="tour" aria-label={_("First steps")}>
      <div class="tour-picture" aria-hidden="true">
        {picture}
      </div>
      <div class="tour-words">
        <p class="eyebrow">{_("%(place)s of %(count)s", { place: place + 1, count: all.length })}</p>
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <p>{text}</p>
      </div>
      <div class="tour-ways">
        {!isLast && (
          <button type="button" class="button quiet" onClick={onEnd}>
            {_("Skip")}
          </button>
        )}
        <button type="button" class="button main" onClick={turn}>
          {isLast ? _("Start the day") : _("Next card")}
        </button>
      </div>
    </section>
  );
}

function cards(): Card[] {
  return [
    {
      picture: <Icon name="today" />,
      title: _("Your day, in its order"),
      text: _("The next visit stands on top. Open it before you ring: it tells what to know and what was promised."),
    },
    {
      picture: <Icon name="cloud" />,
      title: _("No signal? Go on."),
      text: _("What you tick, write, photograph or sign stays safe on this phone and is sent by itself. The sign at the top right tells where it stands."),
    },
    {
      picture: <Blossom progress={[]} full />,
      title: _("Five hearts, five petals"),
      text: _("A petal fills as you do what its heart asks. Your points stand under “Me”, each with its reason."),
    },
  ];
}
