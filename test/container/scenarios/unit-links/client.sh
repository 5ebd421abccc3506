# add-wants, add-requires and link: what they say, which links they make, and what comes of them.
. /opt/scenario/lib.sh
show() { echo "\$ systemctl $*"; systemctl "$@" 2>&1 | sed 's,/etc/usher/units,/etc/systemd/system,'; }
show add-wants multi-user.target a
systemctl show -P WantedBy a.service
show add-wants multi-user.target a
show add-requires multi-user.target a.service
systemctl show -P RequiredBy a.service
show add-wants nothere.target a
show add-wants multi-user.target nothere
show add-wants multi-user.target
show add-wants multi-user.target c@.service
show add-wants a.service a.service
show link /opt/nothere.service
show link opt/b.service
show link /opt/b.service
show link /opt/b.service
show link /etc/passwd
readlink /etc/systemd/system/b.service
systemctl show -P LoadState b.service
systemctl is-enabled b.service
verb start b
show link /opt/c@.service
verb start c@x
show --runtime link /opt/b.service
verb start b
show disable b.service
ls /etc/systemd/system/b.service 2>/dev/null
