// Jsonschema validates events against a registered JSON Schema, and shows every reason for which one is
// refused.
//
//	go run ./examples/jsonschema
//
// It starts an embedded registry.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// UserEvent has rules in its tags that become part of the schema.
type UserEvent struct {
	UserID string   `json:"userId" jsonschema:"pattern=^u[0-9]+$"`
	Action string   `json:"action" jsonschema:"enum=view,enum=click"`
	Count  int64    `json:"count" jsonschema:"minimum=1"`
	Tags   []string `json:"tags,omitempty"`
}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "jsonschema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	stack, err := devstack.Start(devstack.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close(ctx)) }()
	client, err := registry.NewClient(stack.RegistryURL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close(ctx)) }()

	format := jsonschema.For[UserEvent]()
	serializer, err := serde.NewSerializer(client, format, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		return err
	}
	deserializer, err := serde.NewDeserializer(client, format)
	if err != nil {
		return err
	}
	to := serde.ValueOf("user-events")
	data, err := serializer.AppendSerialize(ctx, nil, to, UserEvent{UserID: "u123", Action: "click", Count: 1 << 53})
	if err != nil {
		return err
	}
	var event UserEvent
	info, err := deserializer.Deserialize(ctx, to, data, &event)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "written under schema %d and read back: %+v\n", info.SchemaID, event)

	_, err = serializer.AppendSerialize(ctx, nil, to, UserEvent{UserID: "nobody", Action: "shout"})
	refused := new(jsonschema.ValidationError)
	if !errors.As(err, &refused) {
		return fmt.Errorf("an event that breaks the schema: %w", err)
	}
	fmt.Fprintln(out, "refused:")
	for _, v := range refused.Violations {
		fmt.Fprintf(out, "  %s: %s (%s)\n", v.InstancePath, v.Reason, v.SchemaPath)
	}
	return nil
}
