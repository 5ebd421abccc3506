. /opt/scenario/lib.sh

directory=/etc/systemd/system
[ -d /etc/usher/units ] && directory=/etc/usher/units

# unit NAME LINES: a socket of these lines, started and looked at.
unit() {
    printf '[Socket]\n%b\n' "$2" >$directory/$1.socket
    case $2 in
    *Accept=yes*) printf '[Service]\nExecStart=/bin/cat\n' >$directory/$1@.service ;;
    *) echo "Service=sleeps.service" >>$directory/$1.socket ;;
    esac
    systemctl daemon-reload
    verb start $1.socket
    facts $1.socket
    systemctl is-active -q $1.socket && systemctl show -p Listen $1.socket
}

mkdir /run/real-directory
ln -s /run/real-directory /run/link
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/real.sock")'
ln -s /run/real.sock /run/sock-link

echo "== files"
unit fifo-below-link 'ListenFIFO=/run/link/x.fifo'
unit sock-link 'ListenStream=/run/sock-link'
unit mode 'ListenStream=/run/mode.sock\nSocketMode=0777'
unit suid 'ListenStream=/run/suid.sock\nSocketMode=4755'
unit no-mode 'ListenFIFO=/run/a/b/no-mode.fifo\nSocketMode=0\nDirectoryMode=0700'
unit below-socket 'ListenStream=/run/mode.sock/sub.sock'
unit slash 'ListenStream=/run/slash.sock/'
unit up 'ListenStream=/run/../run/up.sock' | sed 's/: 4/: 1/'
unit pipe-big 'ListenFIFO=/run/pipe-big.fifo\nPipeSize=4G'
unit pipe-small 'ListenFIFO=/run/pipe-small.fifo\nPipeSize=1'
stat -c '%n %a %U:%G %F' /run/*.sock /run/*.fifo /run/link/* /run/sock-link /run/a /run/a/b /run/a/b/*

echo "== twice the same"
unit path-twice 'ListenStream=/run/twice.sock\nListenStream=/run/twice.sock'
unit port-twice 'ListenStream=7100\nListenStream=7100'
unit port-of-both 'ListenStream=127.0.0.1:7101\nListenStream=7101'
unit port-of-each 'ListenStream=0.0.0.0:7102\nListenStream=[::]:7102\nBindIPv6Only=ipv6-only'

echo "== message queues"
unit queue-half 'ListenMessageQueue=/half\nMessageQueueMaxMessages=4'
unit queue-writable 'ListenMessageQueue=/writable\nWritable=yes'
unit queue-big 'ListenMessageQueue=/big\nMessageQueueMaxMessages=100000\nMessageQueueMessageSize=10'
stat -c '%n %a %U:%G %F' /dev/mqueue/*

echo "== netlink and Accept="
unit netlink-far 'ListenNetlink=route 99'
unit netlink-accept 'ListenNetlink=route 1\nAccept=yes'
unit seqpacket-accept 'ListenSequentialPacket=/run/seqpacket.sock\nAccept=yes'
unit mixed-accept 'ListenStream=7107\nListenFIFO=/run/mixed.fifo\nAccept=yes'

echo "== options that are out of range, or for other sockets"
unit buffers 'ListenStream=/run/buffers.sock\nReceiveBuffer=2G\nSendBuffer=3G'
unit congestion 'ListenStream=7103\nTCPCongestion=no-such'
unit abstract 'ListenStream=@corners\nIPTOS=low-delay\nIPTTL=300\nKeepAliveProbes=200\nNoDelay=yes\nSocketUser=nobody\nBindToDevice=lo'
unit far 'ListenStream=7104\nPriority=100\nMark=-5\nIPTTL=999\nKeepAliveProbes=300'
unit owner-of-port 'ListenStream=7109\nSocketUser=nobody\nSocketGroup=adm'
unit no-owner 'ListenStream=7112\nSocketUser=no-such-account'
unit mptcp 'ListenStream=7105\nSocketProtocol=mptcp\nNoDelay=yes'
unit datagram-mptcp 'ListenDatagram=7106\nSocketProtocol=mptcp'
unit stream-udplite 'ListenStream=7108\nSocketProtocol=136'
unit no-limits 'ListenStream=7110\nTriggerLimitIntervalSec=0\nPollLimitBurst=0'
unit no-device 'ListenStream=7111\nBindToDevice=no-such0'
ss -Hltn | awk '{ print $3, $4 }' | sort
ss -Hlun | awk '{ print $4 }' | sort
