package integration

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/concord-go/concord/serde"
)

// peer is a client in another language, a program that answers commands.
type peer struct {
	name string
	mu   sync.Mutex
	in   io.Writer
	out  *bufio.Reader
}

// command asks a peer to write a value, or to read bytes.
type command struct {
	Op          string            `json:"op"`
	Format      string            `json:"format"`
	Framing     string            `json:"framing,omitempty"`
	Topic       string            `json:"topic"`
	Schema      string            `json:"schema,omitempty"` // of the reader; of the writer where Register is set
	Register    bool              `json:"register,omitempty"`
	References  []reference       `json:"references,omitempty"`
	Descriptors string            `json:"descriptors,omitempty"` // a FileDescriptorSet, of Protobuf
	Message     string            `json:"message,omitempty"`     // its full name
	Value       json.RawMessage   `json:"value,omitempty"`
	Bytes       *string           `json:"bytes"`
	Headers     map[string]string `json:"headers,omitempty"`
}

type reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

type answer struct {
	Bytes   *string           `json:"bytes"`
	Headers map[string]string `json:"headers"`
	Value   json.RawMessage   `json:"value"`
	Error   string            `json:"error"`
}

// startPeer starts python or javascript against a registry.
func startPeer(t *testing.T, name, registry string) *peer {
	t.Helper()
	dir := installed(t, name)
	var cmd *exec.Cmd
	switch name {
	case "python":
		cmd = exec.Command(filepath.Join(dir, "bin", "python"), filepath.Join("python", "peer.py"), registry)
	case "javascript":
		// Modules are looked for beside the program.
		program, err := os.ReadFile(filepath.Join("javascript", "peer.mjs"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "peer.mjs")
		if err := os.WriteFile(path, program, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd = exec.Command("node", path, registry)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr, cmd.SysProcAttr = t.Output(), children()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	return &peer{name: name, in: in, out: bufio.NewReaderSize(out, 1<<20)}
}

func (p *peer) ask(c command) (answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line, err := json.Marshal(c)
	if err != nil {
		return answer{}, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return answer{}, err
	}
	reply, err := p.out.ReadBytes('\n')
	if err != nil {
		return answer{}, fmt.Errorf("%s says nothing: %w", p.name, err)
	}
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil {
		return a, fmt.Errorf("%s says %q: %w", p.name, reply, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("%s: %s", p.name, a.Error)
	}
	return a, nil
}

// data are bytes and headers as a peer gives them.
func (a answer) data(t *testing.T) serde.Data {
	t.Helper()
	var d serde.Data
	if a.Bytes != nil {
		b, err := base64.StdEncoding.DecodeString(*a.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		d.Bytes = append([]byte{}, b...)
	}
	for name, text := range a.Headers {
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		d.Headers = append(d.Headers, serde.Header{Key: name, Value: b})
	}
	return d
}

// set puts bytes and headers into a command.
func (c *command) set(d serde.Data) {
	if d.Bytes != nil {
		c.Bytes = new(base64.StdEncoding.EncodeToString(d.Bytes))
	}
	c.Headers = make(map[string]string)
	for _, h := range d.Headers {
		c.Headers[h.Key] = base64.StdEncoding.EncodeToString(h.Value)
	}
}
