package cli

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/devstack"
)

// closeTimeout bounds how long the servers of `concord dev` wait for requests in progress.
const closeTimeout = 5 * time.Second

func runDev(ctx context.Context, e *env, args []string) error {
	var opts devstack.Options
	fs := flag.NewFlagSet("dev", flag.ContinueOnError)
	fs.StringVar(&opts.BrokerAddr, "broker", "127.0.0.1:9092", "`address` of the Kafka broker; port 0 is any free one")
	fs.StringVar(&opts.RegistryAddr, "registry", "127.0.0.1:8081", "`address` of the Schema Registry; port 0 is any free one")
	fs.StringVar(&opts.DataDir, "data", "", "`directory` that keeps topics and schemas; none keeps them in memory")
	fs.IntVar(&opts.Partitions, "partitions", 3, "partitions of a topic that is created on its first use")
	if err := parse(e, fs, args); err != nil {
		return err
	}
	if opts.Partitions < 1 {
		return usageError{"-partitions: want 1 or more"}
	}
	opts.Logger = slog.New(slog.NewTextHandler(e.stderr, nil))
	stack, err := devstack.Start(opts)
	if err != nil {
		return err
	}
	kept := "in memory: gone at the end"
	if opts.DataDir != "" {
		kept = "kept in " + opts.DataDir
	}
	fmt.Fprintf(e.stdout, "Kafka broker     %s\nSchema Registry  %s\nIts metrics      %[2]s/metrics\nTopics, schemas  %[3]s\nready; Ctrl-C ends it\n", stack.Bootstrap(), stack.RegistryURL(), kept)
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return stack.Close(stopping)
}
