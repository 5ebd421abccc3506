. /opt/scenario/lib.sh

shown() {
    for path; do stat -c '%n %a %U:%G %F' "$path" 2>/dev/null || echo "$path is not there"; done
}

verb start full.service
dumped /tmp/full.json env:RUNTIME_DIRECTORY,STATE_DIRECTORY,CACHE_DIRECTORY,LOGS_DIRECTORY,CONFIGURATION_DIRECTORY
shown /run/full /run/full/inner /run/extra /var/lib/full /var/cache/full /var/cache/full/a/b /var/log/full /etc/full
verb stop full.service
shown /run/full /run/full/inner /run/extra /var/lib/full /var/cache/full/a/b /var/log/full /etc/full

echo "== RuntimeDirectoryPreserve="
verb start preserve.service restart.service gone.service
verb restart preserve.service restart.service gone.service
for name in kept over gone; do echo "$name: $(grep -c line /run/$name/file)"; done
verb stop preserve.service restart.service gone.service
shown /run/kept /run/over /run/gone

echo "== a directory that was there is given to the user"
mkdir /var/lib/existing
echo old >/var/lib/existing/old
verb start existing.service
shown /var/lib/existing /var/lib/existing/old /var/lib/existing/file

echo "== a link beside"
verb start alias.service
shown /var/lib/target /var/lib/link
dumped /tmp/alias.json env:STATE_DIRECTORY

echo "== as working directory"
verb start working.service
dumped /tmp/working.json cwd
shown /run/working
