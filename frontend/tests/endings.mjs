/** Lets Node read the sources as they are: they import each other without the ending that the build adds. */
import { registerHooks } from "node:module";

registerHooks({
  resolve(name, context, next) {
    const isOurs = name.startsWith(".") && !/\.\w+$/.test(name);
    return next(isOurs ? `${name}.ts` : name, context);
  },
});
