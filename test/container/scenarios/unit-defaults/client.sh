. /opt/scenario/lib.sh

# Only what names these units: the sets differ, since systemd's own units are among them.
has() {
    case " $(systemctl show -P "$2" "$1") " in *" $3 "*) echo "$1 $2=$3" ;; *) echo "$1 $2 lacks $3" ;; esac
}

trace
has s.socket Before sockets.target
has s.socket Before s.service
has s.socket Triggers s.service
has s.service TriggeredBy s.socket
has s.service After s.socket
has s.service After basic.target
has s.service After sysinit.target
has s.service Requires sysinit.target
has s.service Conflicts shutdown.target
has s.service Before shutdown.target
has s.socket After sysinit.target
has s.socket Conflicts shutdown.target
has plain.service WantedBy multi-user.target
has plain.service Before multi-user.target
has multi-user.target After plain.service
has sockets.target Wants s.socket
has early.service After basic.target
has early.service Requires sysinit.target
