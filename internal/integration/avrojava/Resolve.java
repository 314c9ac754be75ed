import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** Reads lines of writer schema, reader schema and datum, in base64 and with tabs between; writes a line for each: the value, or ERROR and why. */
public class Resolve {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split("\t", -1);
      String answer;
      try {
        Schema writer = new Schema.Parser().parse(text(parts[0]));
        Schema reader = new Schema.Parser().parse(text(parts[1]));
        byte[] datum = Base64.getDecoder().decode(parts[2]);
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(datum, null);
        Object value = new GenericDatumReader<Object>(writer, reader).read(null, decoder);
        StringBuilder b = new StringBuilder();
        write(b, value);
        answer = decoder.isEnd() ? b.toString() : "ERROR bytes are left";
      } catch (Exception | StackOverflowError e) {
        answer = "ERROR " + e.toString().replace('\n', ' ');
      }
      out.println(answer);
    }
  }

  private static String text(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static void write(StringBuilder b, Object v) {
    if (v == null) {
      b.append('n');
    } else if (v instanceof Boolean) {
      b.append((Boolean) v ? 't' : 'f');
    } else if (v instanceof Integer || v instanceof Long) {
      b.append('i').append(v);
    } else if (v instanceof Float) {
      b.append('F').append(Integer.toHexString(Float.floatToRawIntBits((Float) v)));
    } else if (v instanceof Double) {
      b.append('D').append(Long.toHexString(Double.doubleToRawLongBits((Double) v)));
    } else if (v instanceof CharSequence || v instanceof GenericEnumSymbol) {
      b.append('s').append(Base64.getEncoder().encodeToString(v.toString().getBytes(StandardCharsets.UTF_8)));
    } else if (v instanceof ByteBuffer) {
      ByteBuffer bytes = ((ByteBuffer) v).duplicate();
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      b.append('b').append(Base64.getEncoder().encodeToString(copy));
    } else if (v instanceof GenericFixed) {
      b.append('b').append(Base64.getEncoder().encodeToString(((GenericFixed) v).bytes()));
    } else if (v instanceof IndexedRecord) {
      IndexedRecord r = (IndexedRecord) v;
      TreeMap<String, Object> fields = new TreeMap<>();
      for (Schema.Field f : r.getSchema().getFields()) {
        fields.put(f.name(), r.get(f.pos()));
      }
      members(b, fields);
    } else if (v instanceof Map) {
      TreeMap<String, Object> sorted = new TreeMap<>();
      for (Map.Entry<?, ?> e : ((Map<?, ?>) v).entrySet()) {
        sorted.put(e.getKey().toString(), e.getValue());
      }
      members(b, sorted);
    } else if (v instanceof Collection) {
      b.append('[');
      List<Object> items = new ArrayList<>((Collection<?>) v);
      for (Object item : items) {
        write(b, item);
        b.append(',');
      }
      b.append(']');
    } else {
      throw new IllegalStateException(v.getClass().toString());
    }
  }

  private static void members(StringBuilder b, TreeMap<String, Object> members) {
    b.append('{');
    for (Map.Entry<String, Object> e : members.entrySet()) {
      b.append(e.getKey()).append('=');
      write(b, e.getValue());
      b.append(',');
    }
    b.append('}');
  }
}
