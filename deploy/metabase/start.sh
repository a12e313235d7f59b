#!/bin/bash
# Metabase unpacks its own plugins beside the driver, so the driver goes to a folder it may write to.
set -euo pipefail
mkdir -p "${MB_PLUGINS_DIR:=/tmp/plugins}"
cp /opt/metabase/driver/*.jar "$MB_PLUGINS_DIR/"
export MB_PLUGINS_DIR
cd /tmp
exec java -jar /opt/metabase/metabase.jar
