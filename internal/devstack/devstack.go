// Package devstack runs a Kafka broker and a Schema Registry in this process: for
// `concord dev`, the examples and tests. Both are real servers on TCP; any client
// may talk to them.
package devstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/concord-go/concord/internal/registryserver"
)

// Options say where a Stack listens and what it keeps. The zero value is a stack
// in memory on free loopback ports.
type Options struct {
	BrokerAddr   string // host:port; empty or port 0: a free port of 127.0.0.1
	RegistryAddr string // as BrokerAddr
	DataDir      string // topics and schemas outlive the stack there; empty: in memory
	Partitions   int    // of topics created on first use; 0: 3

	// Logger hears of what no client is told, such as a journal that was repaired.
	// nil: nobody does.
	Logger *slog.Logger
}

// Stack is a running broker and registry. Its methods may be called concurrently.
type Stack struct {
	endBroker func()
	bootstrap string
	registry  *registryserver.Server

	closing  sync.Once
	closeErr error
}

const (
	anyPort           = "127.0.0.1:0"
	defaultPartitions = 3
)

// Start starts both servers; they accept connections when it returns.
func Start(opts Options) (*Stack, error) {
	if opts.Partitions < 0 {
		return nil, fmt.Errorf("devstack: %d partitions; want 1 or more, or 0 for the default", opts.Partitions)
	}
	registryOpts := registryserver.Options{Logger: opts.Logger}
	if opts.DataDir != "" {
		registryOpts.Dir = filepath.Join(opts.DataDir, "registry")
	}
	reg, err := registryserver.Listen(cmp.Or(opts.RegistryAddr, anyPort), registryOpts)
	if err != nil {
		return nil, fmt.Errorf("starting the registry: %w", err)
	}
	bootstrap, end, err := startBroker(opts)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the broker: %w", err), reg.Close(context.Background()))
	}
	return &Stack{endBroker: end, bootstrap: bootstrap, registry: reg}, nil
}

func startBroker(opts Options) (bootstrap string, end func(), err error) {
	addr := cmp.Or(opts.BrokerAddr, anyPort)
	// Listening first keeps the reason where the port is taken.
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, err
	}
	// Without the telemetry requests (KIP-714): the broker gives a client another
	// instance id each time it is asked, which librdkafka logs.
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(kmsg.GetTelemetrySubscriptions.Int16(), -1)
	versions.SetMaxKeyVersion(kmsg.PushTelemetry.Int16(), -1)
	kopts := []kfake.Opt{
		kfake.MaxVersions(versions),
		kfake.NumBrokers(1),
		kfake.AllowAutoTopicCreation(),
		kfake.DefaultNumPartitions(cmp.Or(opts.Partitions, defaultPartitions)),
	}
	if opts.DataDir != "" {
		// Each batch is synced: what was acknowledged survives kill -9.
		kopts = append(kopts, kfake.DataDir(filepath.Join(opts.DataDir, "broker")), kfake.SyncWrites())
	}
	// The broker advertises the address it listens on.
	_, end, err = NewCluster(func(string, string) (net.Listener, error) { return ln, nil }, kopts...)
	if err != nil {
		return "", nil, errors.Join(err, ln.Close())
	}
	return ln.Addr().String(), end, nil
}

// Bootstrap is the broker's address, for "bootstrap.servers".
func (s *Stack) Bootstrap() string { return s.bootstrap }

// RegistryURL is the registry's address, for registry.NewClient.
func (s *Stack) RegistryURL() string { return s.registry.URL() }

// Close stops both servers and waits for them until ctx is done. Only the first
// call does anything; all return the same.
func (s *Stack) Close(ctx context.Context) error {
	s.closing.Do(func() {
		s.endBroker()
		s.closeErr = s.registry.Close(ctx)
	})
	return s.closeErr
}
