package cli

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/concord-go/concord/registry"
)

func call(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errOut bytes.Buffer
	code = run(ctx, &env{stdout: &out, stderr: &errOut}, args)
	return code, out.String(), errOut.String()
}

func TestExitCodesAndWhereThingsArePrinted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{nil, 2, "", "Commands:"},
		{[]string{"help"}, 0, "Commands:", ""},
		{[]string{"--help"}, 0, "Commands:", ""},
		{[]string{"version"}, 0, "concord ", ""},
		{[]string{"version", "-x"}, 2, "", "flag provided but not defined"},
		{[]string{"dev", "-h"}, 0, "-broker address", ""},
		{[]string{"dev", "here"}, 2, "", `unexpected argument "here"`},
		{[]string{"dev", "-partitions", "0"}, 2, "", "want 1 or more"},
		{[]string{"nonsense"}, 2, "", `there is no command "nonsense"`},
	} {
		code, stdout, stderr := call(context.Background(), c.args...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			(c.stdout == "") != (stdout == "") || (c.stderr == "") != (stderr == "") {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", c.args, code, stdout, stderr)
		}
	}
}

func TestATakenPortIsSaid(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, flags := range [][]string{{"-broker", ln.Addr().String(), "-registry", "127.0.0.1:0"}, {"-broker", "127.0.0.1:0", "-registry", ln.Addr().String()}} {
		code, _, stderr := call(context.Background(), append([]string{"dev"}, flags...)...)
		if code != 1 || !strings.Contains(stderr, ln.Addr().String()) || !strings.Contains(stderr, "in use") {
			t.Errorf("%v: exit %d, stderr %q", flags, code, stderr)
		}
	}
}

// The real binary, without cgo: what was registered and produced before an
// interrupt is there after a restart.
func TestDevKeepsTopicsAndSchemas(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "concord")
	build := exec.Command("go", "build", "-o", binary, "github.com/concord-go/concord/cmd/concord")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	data := filepath.Join(dir, "data")

	dev := startDev(ctx, t, binary, data)
	reg := newRegistry(t, dev.registry)
	schema := registry.Schema{Text: `{"type":"record","name":"UserEvent","fields":[{"name":"userId","type":"string"}]}`}
	first, err := reg.Register(ctx, "user-events-value", schema)
	if err != nil || first.ID != 1 || first.Version != 1 {
		t.Fatalf("registered as %+v, %v", first, err)
	}
	client := newKafka(t, dev.broker)
	if err := client.ProduceSync(ctx, &kgo.Record{Topic: "user-events", Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	dev.interrupt(t)

	tear(t, filepath.Join(data, "registry", "registry.journal"))
	dev = startDev(ctx, t, binary, data)
	defer func() {
		dev.interrupt(t)
		if !strings.Contains(dev.stderr.String(), "interrupted write") {
			t.Errorf("the repair of the journal was not told: %q", dev.stderr)
		}
	}()
	found, err := newRegistry(t, dev.registry).Lookup(ctx, "user-events-value", schema)
	if err != nil || found.ID != 1 {
		t.Errorf("after the restart: %+v, %v", found, err)
	}
	resp, err := http.Get(dev.registry + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if metrics, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(metrics), "concord_registry_schemas{context=\".\"} 1\n") {
		t.Errorf("%v, metrics without the schema: %s", err, metrics)
	}
	fetches := newKafka(t, dev.broker).PollFetches(ctx)
	if records := fetches.Records(); fetches.Err() != nil || len(records) != 1 || string(records[0].Value) != "v" {
		t.Errorf("after the restart: %d records, %v", len(fetches.Records()), fetches.Err())
	}
}

// tear appends what a process that was killed while it wrote may leave.
func tear(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func newRegistry(t *testing.T, url string) *registry.Client {
	t.Helper()
	reg, err := registry.NewClient(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reg.Close(context.Background()) })
	return reg
}

func newKafka(t *testing.T, broker string) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.AllowAutoTopicCreation(), kgo.ConsumeTopics("user-events"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

type devProcess struct {
	cmd              *exec.Cmd
	broker, registry string
	stderr           *bytes.Buffer
}

var addresses = regexp.MustCompile(`(?s)Kafka broker +(\S+)\nSchema Registry +(\S+)\n.*\nready; Ctrl-C ends it\n`)

func startDev(ctx context.Context, t *testing.T, binary, data string) *devProcess {
	t.Helper()
	d := &devProcess{cmd: exec.CommandContext(ctx, binary, "dev", "-broker", "127.0.0.1:0", "-registry", "127.0.0.1:0", "--data", data), stderr: new(bytes.Buffer)}
	d.cmd.Stderr = d.stderr
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var printed []byte
	for buffer := make([]byte, 256); ; {
		n, err := out.Read(buffer)
		printed = append(printed, buffer[:n]...)
		if m := addresses.FindSubmatch(printed); m != nil {
			d.broker, d.registry = string(m[1]), string(m[2])
			go io.Copy(io.Discard, out)
			return d
		}
		if err != nil {
			t.Fatalf("it ended without a ready line: %q, %s", printed, d.stderr)
		}
	}
}

func (d *devProcess) interrupt(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("after the interrupt: %v\n%s", err, d.stderr)
	}
}
