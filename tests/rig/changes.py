"""What must hold of edits and deletions; each yields sentences about what does not (checks.py)."""


def stands_in_the_end(history):
    """What devices show in the end of messages that their persons may see, with the stored row of each."""
    for one in history.of("shown", how="final"):
        row = history.row_of_id.get(one["id"])
        if row and one["born"] > 0 and one["conversation"] in history.present(history.account[one["device"]]):
            yield one, row


def edits_stand(history):
    for message, changes in history.changes.items():
        row = history.row_of_id.get(message)
        if row is None and message not in history.failed and not history.deletions(message):
            for edit in (change for change in changes if change.accepted):
                yield f"{edit.device}, run {edit.n}: {message} was edited, and is not in the store"
        if row is None or row["deleted"]:
            continue
        standing = [change for change in changes if change.text == row["text"]]
        for edit in history.edits(message):
            if edit.accepted and not any(one is edit or not one.is_before(edit) for one in standing):
                yield f"{edit.device}, run {edit.n}: its edit of {message} was accepted, and is gone"
    for one, row in stands_in_the_end(history):
        if not row["deleted"] and (one["text"] != row["text"] or one["deleted"]):
            yield f"{one['device']} shows {one['id']} with {one['text'][:40]!r}, not {row['text'][:40]!r}"


def deletions_stand(history):
    for message in history.changes:
        row = history.row_of_id.get(message)
        for deletion in history.deletions(message):
            if deletion.accepted and row is not None and not row["deleted"]:
                yield f"{deletion.device}, run {deletion.n}: it deleted {message}, which is still there"
    for rows in history.rows.values():
        for row in rows:
            if row["deleted"] and not history.deletions(row["id"]):
                yield f"{row['id']} is deleted, and nobody did that"
            if row["deleted"] and (row["text"] or row["first_text"]):
                yield f"{row['id']} is deleted, and still in the store with what it said"
    for one, row in stands_in_the_end(history):
        if row["deleted"] and (one["text"] or not one["deleted"]):
            yield f"{one['device']} shows {one['id']} in the end with what it said"
    yield from shown_after_deletion(history)


def shown_after_deletion(history):
    """By the very device that said that it is done."""
    done = {}
    for message in history.changes:
        for change in history.deletions(message):
            if change.done is not None:
                done.setdefault((change.device, message), change.done)
    began = {one["n"]: place for place, one in history.kinds["run"]}
    for one in history.of("shown"):
        deleted = done.get((one["device"], one["id"]))
        if deleted is not None and one["text"] and began.get(one["n"], 0) > deleted:
            yield f"{one['device']}, run {one['n']} shows what {one['id']} said, which it had deleted"
    for one in history.of("listed"):
        last = one.get("last") or {}
        deleted = done.get((one["device"], last.get("id")))
        if deleted is not None and last["text"] and began.get(one["n"], 0) > deleted:
            yield f"{one['device']}, run {one['n']} lists what {last['id']} said, which it had deleted"
