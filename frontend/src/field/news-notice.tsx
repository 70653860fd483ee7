/** What has changed, told where the task is opened. Opening it takes the mark away; the words stay while it is open. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { _ } from "./i18n";
import { Icon } from "./parts";
import { isEnded } from "./rules";
import type { TaskView } from "./state";
import { opened } from "./sync";
import { moment } from "./time";

type Told = Pick<TaskView, "id" | "news" | "was">;

export function NewsNotice({ task }: { task: TaskView }): JSX.Element | null {
  const [told, setTold] = useState<Told | null>(null);
  useEffect(() => {
    if (!task.news) return;
    setTold({ id: task.id, news: task.news, was: task.was });
    void opened(task.id);
  }, [task.id, task.news]);
  if (told?.id !== task.id || isEnded(task)) return null;
  return (
    <p class="notice news" role="status">
      <Icon name={told.news === "time" ? "clock" : told.news === "address" ? "pin" : "star"} />
      {wordsOf(told, task.zone)}
    </p>
  );
}

function wordsOf({ news, was }: Told, zone: string): string {
  if (news === "time") return _("The time has changed. It was %(time)s before.", { time: was ? moment(was, zone) : "" });
  if (news === "address") return _("The address has changed.");
  if (news === "about") return _("What is said about this task has changed. Please read it again.");
  if (news === "away") return _("It was given to somebody else. What you have done here still counts: your supervisor decides.");
  return _("New for you.");
}
