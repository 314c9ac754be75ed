package integration

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is a program that a test started.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended

	mu  sync.Mutex
	log []string
	now *sync.Cond // a line came, or it has ended
}

var (
	startedMu sync.Mutex
	started   []*process
	folders   []string
)

// start runs a program with its output kept. It is killed with this process, whatever becomes of that.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	p.now = sync.NewCond(&p.mu)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	cmd.SysProcAttr = children()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	startedMu.Lock()
	started = append(started, p)
	startedMu.Unlock()
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			p.mu.Lock()
			p.log = append(p.log, lines.Text())
			p.now.Broadcast()
			p.mu.Unlock()
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	go func() {
		_ = cmd.Wait()
		in.Close()
		p.mu.Lock()
		close(p.done)
		p.now.Broadcast()
		p.mu.Unlock()
	}()
	return p, nil
}

// says waits until the program writes a line with the text: a port that answers may be somebody else's.
func (p *process) says(text string, most time.Duration) error {
	timer := time.AfterFunc(most, func() {
		p.mu.Lock()
		p.now.Broadcast()
		p.mu.Unlock()
	})
	defer timer.Stop()
	deadline := time.Now().Add(most)
	p.mu.Lock()
	defer p.mu.Unlock()
	for seen := 0; ; p.now.Wait() {
		for ; seen < len(p.log); seen++ {
			if strings.Contains(p.log[seen], text) {
				return nil
			}
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s has ended before it said %q:\n%s", p.cmd.Path, text, p.tail())
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not say %q:\n%s", p.cmd.Path, text, p.tail())
		}
	}
}

func (p *process) tail() string { return strings.Join(p.log[max(0, len(p.log)-30):], "\n") }

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// endAll ends what is still there. The folders go with it.
func endAll() {
	startedMu.Lock()
	defer startedMu.Unlock()
	for _, p := range started {
		p.kill()
	}
	for _, f := range folders {
		_ = os.RemoveAll(f)
	}
}

// folder is one for servers that several tests use.
func folder() (string, error) {
	dir, err := os.MkdirTemp("", "concord-integration-")
	if err == nil {
		startedMu.Lock()
		folders = append(folders, dir)
		startedMu.Unlock()
	}
	return dir, err
}

// freePorts are n different ones.
func freePorts(n int) (ports []int, err error) {
	for range n {
		l, listenErr := net.Listen("tcp", "127.0.0.1:0")
		if listenErr != nil {
			return nil, errors.Join(err, listenErr)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
