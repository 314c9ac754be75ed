//go:build cgo

package rdkafka_test

import (
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
)

var (
	_ kafkaclient.Consumer = (*rdkafka.Consumer)(nil)
	_ kafkaclient.Producer = (*rdkafka.Producer)(nil)
)
