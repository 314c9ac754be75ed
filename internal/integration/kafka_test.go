package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// broker is one node of Apache Kafka, broker and controller in one.
type broker struct {
	process   *process
	java      *exec.Cmd // as it is started
	bootstrap string
	listeners map[string]string // host:port of each further listener
}

// kafkaSettings make a node that is small and quick.
const kafkaSettings = `process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=300
group.consumer.min.session.timeout.ms=3000
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=4194304
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
`

// cluster describes nodes to be started.
type clusterConfig struct {
	nodes     int
	listeners []string // further ones, by name, on the first node
	settings  string   // further ones
	format    []string // further arguments of the storage tool
	files     map[string]string
}

// startKafka formats and starts nodes, and returns when each says that it runs.
func startKafka(lib string, c clusterConfig) ([]*broker, error) {
	root, err := folder()
	if err != nil {
		return nil, err
	}
	for name, text := range c.files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	ports, err := freePorts(2*c.nodes + len(c.listeners))
	if err != nil {
		return nil, err
	}
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	var controllers, initial []string
	for n := range c.nodes {
		controllers = append(controllers, at(2*n+1))
		initial = append(initial, fmt.Sprintf("%d@%s:zAAAAAAAQAGAAAAAAAAA%dQ", n+1, at(2*n+1), n))
	}
	replicas, inSync := c.nodes, max(1, c.nodes-1)
	java := func(class string, args ...string) *exec.Cmd {
		return exec.Command("java", append([]string{"-Xmx256m", "-Dorg.apache.logging.log4j.level=INFO", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(lib, "lib", "*"), class}, args...)...)
	}
	var brokers []*broker
	for n := range c.nodes {
		dir := filepath.Join(root, fmt.Sprint("node", n+1))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		b := &broker{bootstrap: at(2 * n), listeners: make(map[string]string)}
		open := "PLAINTEXT://" + b.bootstrap
		if n == 0 {
			for i, name := range c.listeners {
				b.listeners[name] = at(2*c.nodes + i)
				open += "," + name + "://" + b.listeners[name]
			}
		}
		properties := kafkaSettings + fmt.Sprintf("node.id=%d\ncontroller.quorum.bootstrap.servers=%s\nlisteners=%s,CONTROLLER://%s\nadvertised.listeners=%s\nlog.dirs=%s\n",
			n+1, strings.Join(controllers, ","), open, at(2*n+1), open, filepath.ToSlash(filepath.Join(dir, "data"))) +
			fmt.Sprintf("offsets.topic.replication.factor=%[1]d\ntransaction.state.log.replication.factor=%[1]d\nshare.coordinator.state.topic.replication.factor=%[1]d\ndefault.replication.factor=%[1]d\n", replicas) +
			fmt.Sprintf("transaction.state.log.min.isr=%[1]d\nshare.coordinator.state.topic.min.isr=%[1]d\nmin.insync.replicas=%[1]d\n", inSync)
		if !strings.Contains(c.settings, "listener.security.protocol.map") {
			properties += "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
		}
		file := filepath.Join(dir, "server.properties")
		if err := os.WriteFile(file, []byte(properties+strings.ReplaceAll(c.settings, "{root}", filepath.ToSlash(root))), 0o600); err != nil {
			return nil, err
		}
		format := []string{"format", "-t", "4L6g3nShT-eMCtK--X86sw", "-c", file}
		if c.nodes == 1 {
			format = append(format, "--standalone")
		} else {
			format = append(format, "--initial-controllers", strings.Join(initial, ","))
		}
		if out, err := java("kafka.tools.StorageTool", append(format, c.format...)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("kafka.tools.StorageTool: %w\n%s", err, out)
		}
		b.java = java("kafka.Kafka", file)
		b.java.Dir = dir
		if b.process, err = start(b.java); err != nil {
			return nil, err
		}
		brokers = append(brokers, b)
	}
	for _, b := range brokers {
		if err := b.process.says("Kafka Server started", 90*time.Second); err != nil {
			return nil, err
		}
	}
	return brokers, nil
}

// restart starts a node that was killed, on its own data.
func (b *broker) restart() error {
	again := exec.Command(b.java.Path, b.java.Args[1:]...)
	again.Dir = b.java.Dir
	p, err := start(again)
	if err != nil {
		return err
	}
	b.process = p
	return p.says("Kafka Server started", 90*time.Second)
}

var oneNode = sync.OnceValues(func() (*broker, error) {
	lib, err := installedFolder("kafka")
	if err != nil {
		return nil, err
	}
	brokers, err := startKafka(lib, clusterConfig{nodes: 1})
	if err != nil {
		return nil, err
	}
	return brokers[0], nil
})

// kafkaNode is the bootstrap address of the one node that most tests share.
func kafkaNode(t testing.TB) string {
	t.Helper()
	need(t)
	b, err := oneNode()
	if err != nil {
		t.Fatal(err)
	}
	return b.bootstrap
}
