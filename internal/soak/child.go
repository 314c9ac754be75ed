//go:build cgo

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/registry"
)

// childEnv holds the task of a process that will be killed.
const childEnv = "CONCORD_SOAK_CHILD"

// task is the work of a child: print the numbers of the events that it handles, or write them to
// another topic.
type task struct {
	Bootstrap, Registry, Group, From, To, ID string
}

func isChild() bool { return os.Getenv(childEnv) != "" }

func child() int {
	var t task
	err := json.Unmarshal([]byte(os.Getenv(childEnv)), &t)
	if err == nil {
		err = t.do(context.Background())
	}
	fmt.Fprintln(os.Stderr, "child:", err)
	return 1
}

// aloud logs to standard error. The crew keeps the end of it.
var aloud = concord.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil)))

func (t task) do(ctx context.Context) error {
	client, err := registry.NewClient(t.Registry)
	if err != nil {
		return err
	}
	c, err := newConsumer(client, &kafka.ConfigMap{
		"bootstrap.servers": t.Bootstrap, "group.id": t.Group, "auto.offset.reset": "earliest", "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
		"auto.commit.interval.ms": 1000,
		// The embedded broker waits this long for a killed member to rejoin.
		"max.poll.interval.ms": 8000,
	}, concord.InKeyOrder(4), aloud, positions())
	if err != nil {
		return err
	}
	if t.To == "" {
		return c.Run(ctx, []string{t.From}, func(_ context.Context, m *message) error {
			// The pipe keeps what a killed process has written.
			_, err := fmt.Println(m.Value.Number)
			return err
		})
	}
	p, err := newProducer(client, t.Bootstrap, concord.WithTransactionalID(t.ID), aloud)
	if err != nil {
		return err
	}
	return concord.Transform(ctx, c, p, []string{t.From}, func(_ context.Context, m *message, send func(message) error) error {
		return send(message{Topic: t.To, Key: m.Key, Value: m.Value, ToPartition: &m.Partition})
	})
}

// crew keeps children running, and kills them.
type crew struct {
	heard func(line string)

	mu       sync.Mutex
	children []*exec.Cmd // by place
	said     []*tail     // by place, on the standard error
	resets   []string    // lines of all children, killed ones too, about positions that the client reset
	over     bool
	failed   error
	kills    int
	wg       sync.WaitGroup
}

func startCrew(members int, newTask func(place int) task, heard func(line string)) *crew {
	c := &crew{heard: heard, children: make([]*exec.Cmd, members), said: make([]*tail, members)}
	for place := range members {
		c.wg.Go(func() { c.keep(place, newTask(place)) })
	}
	return c
}

// keep starts a child, and another one each time it was killed.
func (c *crew) keep(place int, t task) {
	encoded, err := json.Marshal(t)
	for err == nil {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+string(encoded))
		stderr := new(tail)
		cmd.Stderr = &lines{to: stderr, line: c.noteReset}
		out, perr := cmd.StdoutPipe()
		if perr != nil {
			err = perr
			break
		}
		c.mu.Lock()
		if c.over {
			c.mu.Unlock()
			return
		}
		err = cmd.Start()
		c.children[place], c.said[place] = cmd, stderr
		c.mu.Unlock()
		if err != nil {
			break
		}
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			c.heard(scanner.Text())
		}
		if werr := cmd.Wait(); cmd.ProcessState.ExitCode() != -1 { // not killed
			err = fmt.Errorf("a child exited by itself: %v: %s", werr, stderr.String())
		}
	}
	c.mu.Lock()
	c.failed = errors.Join(c.failed, err)
	c.mu.Unlock()
}

// noteReset keeps a line about a position that the client reset by itself: it explains duplicates.
func (c *crew) noteReset(line string) {
	if strings.Contains(line, " position: ") || strings.Contains(line, "offset reset") || strings.Contains(line, "truncat") {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.resets = append(c.resets, line)
	}
}

// kill kills a random child with SIGKILL. keep starts another one in its place.
func (c *crew) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cmd := c.children[rand.IntN(len(c.children))]; cmd != nil && cmd.Process != nil {
		c.kills++
		_ = cmd.Process.Kill()
	}
}

// end kills all children.
func (c *crew) end() error {
	c.mu.Lock()
	c.over = true
	for _, cmd := range c.children {
		if cmd != nil && cmd.Process != nil {
			_ = cmd.Process.Kill()
		}
	}
	c.mu.Unlock()
	c.wg.Wait()
	return c.failed
}

// harass kills children and makes brokers unavailable, at random moments.
func (c *crew) harass(ctx context.Context, w *world, over time.Duration, kills, bounces int) error {
	var moments []bool // true: a kill
	for range kills {
		moments = append(moments, true)
	}
	for range bounces {
		moments = append(moments, false)
	}
	rand.Shuffle(len(moments), func(i, j int) { moments[i], moments[j] = moments[j], moments[i] })
	pause := over / time.Duration(len(moments)+1)
	for _, kill := range moments {
		sleep(ctx, time.Duration(float64(pause)*(0.5+rand.Float64())))
		if kill {
			c.kill()
		} else {
			w.bounce(ctx)
		}
	}
	return ctx.Err()
}
