"""Which part runs when. There are two lanes: in one stand the parts that keep every core busy, in the other
those `beside` them, which mostly wait or use one core. Each lane runs one part at a time."""
import concurrent.futures


def startable(waiting, running):
    """Of the parts that wait, in their order, those that may start now beside the ones that run."""
    if any(part.alone for part in running):
        return []
    unfinished = {part.name for part in (*waiting, *running)}

    def ready(part):
        return part.needs not in unfinished

    chosen = []
    foremost = next((part for part in waiting if not part.beside), None)
    if foremost and ready(foremost) and all(part.beside for part in running):
        if foremost.alone:
            # Nothing else starts before it, or its turn might never come.
            return [] if running else [foremost]
        chosen.append(foremost)
    if not any(part.beside for part in running):
        chosen += [part for part in waiting if part.beside and ready(part)][:1]
    return chosen


def run_all(parts, run):
    """Runs the parts; yields each with what `run` made of it as it ends. The next start after that."""
    waiting, running = list(parts), {}
    with concurrent.futures.ThreadPoolExecutor(2) as lanes:
        while waiting or running:
            for part in startable(waiting, running.values()):
                waiting.remove(part)
                running[lanes.submit(run, part)] = part
            if not running:
                raise ValueError(f"these wait for each other: {', '.join(part.name for part in waiting)}")
            ended, _ = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in ended:
                yield running.pop(future), future.result()
