package avro

// goavroName is how goavro calls a branch in a union.
func goavroName(s *Schema) string {
	if s.kind.isNamed() {
		return s.name.String()
	}
	if isNativeLogical(s.logical.Type) {
		return s.kind.String() + "." + string(s.logical.Type)
	}
	return s.kind.String()
}

// isNativeLogical reports whether goavro has a Go type for t. Values of the other
// logical types have the form of the type they stand on.
func isNativeLogical(t LogicalType) bool {
	switch t {
	case Decimal, Date, TimeMillis, TimeMicros, TimestampMillis, TimestampMicros:
		return true
	}
	return false
}

// dynamic is the node that reads data of w, as r has it, as a dynamic value.
func (c *decodeCompiler) dynamic(w, r *Schema, here site) *dynamicNode {
	key := typePair{w, r}
	if n := c.dynamics[key]; n != nil {
		c.unresolved = append(c.unresolved, n.op.unresolvedReasons()...)
		return n
	}
	n := &dynamicNode{}
	if w.kind == Record { // the only types that contain themselves
		c.dynamics[key] = n
	}
	defer c.leave()
	if !c.enter() {
		c.nodes = maxPlanNodes + 1
		return n
	}
	outer := c.unresolved
	c.unresolved = nil
	c.dynamicNode(n, w, r, here)
	reasons := c.unresolved
	c.unresolved = append(outer, reasons...)
	if len(reasons) > 0 {
		*n = dynamicNode{kind: Union, op: op{more: &opDetail{reasons: []string{reasons[0].String()}}, sub: &program{unresolved: reasons}}}
	}
	return n
}

func (o *op) unresolvedReasons() []Incompatibility {
	if o.sub == nil {
		return nil
	}
	return o.sub.unresolved
}

// attemptDynamic is attempt for dynamic values.
func (c *decodeCompiler) attemptDynamic(w, r *Schema, here site) (*dynamicNode, []Incompatibility) {
	outer := c.unresolved
	c.unresolved = nil
	n := c.dynamic(w, r, here)
	reasons := c.unresolved
	c.unresolved = outer
	return n, reasons
}

func (c *decodeCompiler) dynamicNode(n *dynamicNode, w, r *Schema, here site) {
	switch {
	case w.kind == Union:
		c.dynamicWriterUnion(n, w, r, here)
	case r.kind == Union:
		c.dynamicReaderUnion(n, w, r, here)
	case c.matches(w, r, here):
		c.dynamicPlain(n, w, r, here)
	}
}

func (c *decodeCompiler) dynamicWriterUnion(n *dynamicNode, w, r *Schema, here site) {
	n.op.more = &opDetail{reasons: make([]string, len(w.branches))}
	n.subs = make([]*dynamicNode, len(w.branches))
	var all []Incompatibility
	good := 0
	for i, b := range w.branches {
		branch := here
		branch.pair.writer = branch.pair.writer.index(i)
		sub, reasons := c.attemptDynamic(b, r, branch)
		if len(reasons) > 0 {
			all = append(all, reasons...)
			n.op.more.reasons[i] = "the data takes a branch that the reader cannot read: " + reasons[0].String()
			continue
		}
		n.subs[i] = sub
		good++
	}
	if good == 0 {
		if len(all) == 0 {
			c.unresolve(here, TypeMismatch, "the writer's union has no branches")
		}
		c.unresolved = append(c.unresolved, all...)
	}
}

func (c *decodeCompiler) dynamicReaderUnion(n *dynamicNode, w, r *Schema, here site) {
	var first []Incompatibility
	for _, i := range c.unionCandidates(w, r) {
		branch := here
		branch.pair.reader = branch.pair.reader.index(i)
		sub, reasons := c.attemptDynamic(w, r.branches[i], branch)
		if len(reasons) == 0 {
			b := r.branches[i]
			switch b.kind {
			case Record, Array, Map: // it may contain this one, and not be complete
				*n = dynamicNode{kind: Union, items: sub}
			default:
				*n = *sub
			}
			if b.kind != Null && !c.config.plainUnions {
				n.wrap = goavroName(b)
			}
			return
		}
		if first == nil {
			first = reasons
		}
	}
	if first == nil {
		c.unresolve(here, MissingUnionBranch, "no branch of the reader's union reads the writer's %s", describe(w))
	}
	c.unresolved = append(c.unresolved, first...)
}

func (c *decodeCompiler) dynamicPlain(n *dynamicNode, w, r *Schema, here site) {
	n.kind, n.wire = r.kind, w.kind
	n.op.more = &opDetail{}
	n.op.n = -1
	switch r.kind {
	case Float:
		n.op.flag = true
	case Double:
		n.same = w.kind == Double
	case Int, Long:
		n.op.more.scale, _ = scaleBetween(w.logical.Type, r.logical.Type)
		if isNativeLogical(r.logical.Type) {
			n.unit, n.clock = r.logical.Type.timeUnit(), r.logical.Type.isTimeOfDay()
		}
		n.same = w.kind == r.kind && n.op.more.scale == instantScale{} && n.unit == 0
	case Enum:
		n.op.more.symbols = readerSymbols(w, r)
	case Bytes, Fixed:
		if r.kind == Fixed {
			n.op.n = r.size
		}
		decimal, reason := decimalBetween(w, r)
		if reason != "" {
			c.misfit(here, reason)
		}
		n.op.more.decimal = decimal
	case Array:
		n.op.n = c.sizes.atLeast(w.items)
		n.items = c.dynamic(w.items, r.items, here.elements("items"))
	case Map:
		n.op.n = 1 + c.sizes.atLeast(w.items)
		n.items = c.dynamic(w.items, r.items, here.elements("values"))
	case Record:
		c.dynamicFields(n, w, r, here)
	}
}

func (c *decodeCompiler) dynamicFields(n *dynamicNode, w, r *Schema, here site) {
	readers, missing := c.pairFields(w, r, here)
	for j := range w.fields {
		f := &w.fields[j]
		var fields []dynamicField
		for _, i := range readers[j] {
			in := here.field(r.fields[i].name, r.fields[i].name, j, i)
			fields = append(fields, dynamicField{name: r.fields[i].name, node: c.dynamic(f.typ, r.fields[i].typ, in)})
		}
		if len(fields) == 0 {
			skip := &program{}
			in := here.inner().field(f.name, f.name, j, -1)
			c.skip(skip, f.typ, in)
			fields = append(fields, dynamicField{name: f.name, skip: skip})
		}
		fields[0].more = fields[1:]
		fields[0].plain = fields[0].node != nil && len(fields) == 1
		n.fields = append(n.fields, fields[0])
	}
	for _, i := range missing {
		f := &r.fields[i]
		node := c.dynamic(f.typ, f.typ, here.field(f.name, f.name, -1, i))
		n.fields = append(n.fields, dynamicField{name: f.name, node: node, data: f.defaultWire, hasData: true})
	}
}
