#!/usr/bin/env bash
# Says in a pull request what the change does to access, and fails when something opens that nobody approved.
#
#   check-access.sh SITE...
#
# Environment, all optional:
#   BASE        the branch or commit that the change goes to (origin/main)
#   HEAD_REV    the change (HEAD)
#   COMMENT     the Markdown file to write, for a comment on the pull request (segc-diff.md)
#   APPROVED    "true" when a reviewer has approved that access opens, for example by a label
#   SEGC        the program (segc)
#
# Exit code: 0 nothing opens, or it is approved; 2 something opens; 1 a site can't be compared.
set -euo pipefail

base=${BASE:-origin/main}
head=${HEAD_REV:-HEAD}
comment=${COMMENT:-segc-diff.md}
segc=${SEGC:-segc}

if [ "$#" -eq 0 ]; then
    echo "usage: $0 SITE..." >&2
    exit 1
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A comment that starts like this is ours: the next run replaces it.
printf '<!-- segc diff -->\n' > "$comment"

# Indented text is code to Markdown, whatever it says.
quote() { sed 's/^/    /' "$1"; }

# True when the site is in the change and was not there where it started.
is_new() {
    local start
    start=$(git merge-base "$base" "$head") || return 1
    git cat-file -e "$head:./$1" 2> "$scratch/ignored" && ! git cat-file -e "$start:./$1" 2> "$scratch/ignored"
}

opened=0
failed=0
for site in "$@"; do
    if is_new "$site"; then
        printf '\nThere is a new site, and all that it permits opens. Read it as a whole:\n\n    %s\n' "$site" >> "$comment"
        opened=1
        continue
    fi
    code=0
    "$segc" diff "$base...$head" "$site" --format markdown > "$scratch/report" 2> "$scratch/errors" || code=$?
    cat "$scratch/errors" >&2
    # 0: the same access. 1: access narrows, or texts change. 2: something opens. An error is 1 too, without a report.
    if [ "$code" -gt 2 ] || [ ! -s "$scratch/report" ]; then
        { printf '\nA site can not be compared (`segc` ended with %s):\n\n' "$code"; quote "$scratch/errors"; } >> "$comment"
        failed=1
        continue
    fi
    { printf '\n'; cat "$scratch/report"; } >> "$comment"
    if [ "$code" -eq 2 ]; then opened=1; fi
done

if [ "$failed" -eq 1 ]; then exit 1; fi
if [ "$opened" -eq 1 ] && [ "${APPROVED:-false}" != true ]; then
    printf '\nSomething opens: this check fails until a reviewer approves it.\n' >> "$comment"
    exit 2
fi
