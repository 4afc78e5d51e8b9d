#!/bin/sh
# Writes the golden files anew, with the kubectl that is given or found (made with 1.33).
set -eu
cd "$(dirname "$0")"
for golden in *.yaml; do
  folder=${golden%.yaml}
  [ ! -d "$folder/overlay" ] || folder=$folder/overlay
  "${1:-kubectl}" kustomize "$folder" >"$golden" 2>/dev/null
done
