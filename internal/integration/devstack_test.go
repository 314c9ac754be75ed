//go:build cgo

package integration

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

// startDevelopmentServers starts `concord dev`, and returns the addresses of its broker and its registry.
func startDevelopmentServers(t *testing.T) (dev *process, bootstrap, address string) {
	t.Helper()
	bin, err := concordProgram()
	if err != nil {
		t.Fatal(err)
	}
	ports, err := freePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	bootstrap, address = fmt.Sprint("127.0.0.1:", ports[0]), fmt.Sprint("127.0.0.1:", ports[1])
	if dev, err = start(exec.Command(bin, "dev", "-broker", bootstrap, "-registry", address)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dev.kill)
	if err := dev.says(address, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	return dev, bootstrap, address
}

var concordProgram = sync.OnceValues(func() (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "concord")
	if out, err := exec.Command("go", "build", "-o", bin, "../../cmd/concord").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return bin, nil
})

// A run that has ended leaves nothing with its brokers that Close waits for. librdkafka's own commit of what it revokes
// would: it is retried for 45 s while no broker answers, and librdkafka does not close before that.
func TestAConsumerClosesAfterItsBrokersHaveDiedOnTheDevstack(t *testing.T) {
	need(t)
	for i := range 6 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			dev, bootstrap, _ := startDevelopmentServers(t)
			topic := createTopic(t, bootstrap, "died", 3)
			p := newProducer(t, bootstrap, concord.String())
			const count = 100
			for i := range count {
				if err := p.ProduceAsync(t.Context(), concord.Message[string, string]{Topic: topic, Key: fmt.Sprint(i), Value: "v"}, nil); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			c := newConsumer(t, bootstrap, "g", concord.String(), nil, concord.WithStopAtEnd())
			handled := 0
			for _, err := range c.Messages(t.Context(), topic) {
				if err != nil {
					t.Fatal(err)
				}
				handled++
			}
			dev.kill()
			ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
			defer cancel()
			if err := c.Close(ctx); err != nil || handled != count {
				t.Errorf("%d records handled, Close: %v", handled, err)
			}
		})
	}
}

// Confluent's Python producer, consumer and registry client work with `concord dev`, beside programs that use concord.
func TestPythonIsContentWithTheDevelopmentServers(t *testing.T) {
	python := filepath.Join(installed(t, "python"), "bin", "python")
	_, bootstrap, address := startDevelopmentServers(t)
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
