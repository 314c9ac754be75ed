//go:build cgo

package integration

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

type devEvent struct {
	ID string `avro:"id"`
	N  int64  `avro:"n"`
}

// Confluent's Python clients, producer, consumer and registry, are content with `concord dev`, beside programs that use concord.
func TestPythonIsContentWithTheDevelopmentServers(t *testing.T) {
	python := filepath.Join(installed(t, "python"), "bin", "python")
	bin := filepath.Join(t.TempDir(), "concord")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../../cmd/concord").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ports, err := freePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	bootstrap, address := fmt.Sprint("127.0.0.1:", ports[0]), fmt.Sprint("127.0.0.1:", ports[1])
	dev, err := start(exec.Command(bin, "dev", "-broker", bootstrap, "-registry", address))
	if err != nil {
		t.Fatal(err)
	}
	defer dev.kill()
	if err := dev.says(address, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	client, err := registry.NewClient("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	format := avro.For[devEvent](avro.WithSchema(`{"type":"record","name":"Event","namespace":"com.example","fields":[{"name":"id","type":"string"},{"name":"n","type":"long"}]}`))
	values, err := serde.NewSerializer(client, format, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	const count = 50
	topic := createTopic(t, bootstrap, "dev", 3)
	p := newProducer(t, bootstrap, values)
	for i := range count {
		if _, err := p.Produce(t.Context(), concord.Message[string, devEvent]{Topic: topic, Key: fmt.Sprint("k", i), Value: devEvent{fmt.Sprint("go-", i), int64(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	seen := strings.Fields(output(t, python, filepath.Join("python", "events.py"), bootstrap, "http://"+address, topic, fmt.Sprint(count)))
	if len(seen) != 2*count {
		t.Errorf("python read %d of %d events: %v", len(seen), 2*count, seen)
	}
	de, err := serde.NewDeserializer(client, format)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for m, err := range newConsumer(t, bootstrap, "go", de, nil, concord.WithStopAtEnd()).Messages(t.Context(), topic) {
		if err != nil {
			t.Fatal(err)
		}
		ids[m.Value.ID] = true
	}
	if len(ids) != 2*count {
		t.Errorf("concord read %d of %d events", len(ids), 2*count)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr, cmd.SysProcAttr = t.Output(), children()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
