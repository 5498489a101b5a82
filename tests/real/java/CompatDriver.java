import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/**
 * Answers, line by line, whether Java Avro can read a writer's data with a reader's schema.
 *
 * In:  {"id", "reader": "schema text", "writer": "schema text", "references": ["schema text", ...]?}
 * Out: {"id", "compatible": bool, "rules": [...]}            both schemas parse
 *      {"id", "invalid": ["reader", "writer"], "error": "…"} at least one does not
 *      {"id", "thrown": "…"}                                 the comparison itself threw
 * References go into the same parser first, as schema registries do it.
 */
public final class CompatDriver {
    private static final ObjectMapper JSON = new ObjectMapper();

    private CompatDriver() {
    }

    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.write(JSON.writeValueAsString(answer(JSON.readTree(line))));
            out.newLine();
        }
        out.flush();
    }

    private static ObjectNode answer(JsonNode question) {
        ObjectNode answer = JSON.createObjectNode();
        answer.set("id", question.get("id"));
        ArrayNode invalid = JSON.createArrayNode();
        Schema reader = parse(question, "reader", invalid, answer);
        Schema writer = parse(question, "writer", invalid, answer);
        if (!invalid.isEmpty()) {
            answer.set("invalid", invalid);
            return answer;
        }
        try {
            SchemaCompatibility.SchemaPairCompatibility verdict =
                    SchemaCompatibility.checkReaderWriterCompatibility(reader, writer);
            answer.put("compatible",
                    verdict.getType() == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE);
            ArrayNode rules = answer.putArray("rules");
            verdict.getResult().getIncompatibilities()
                    .forEach(found -> rules.add(found.getType().name().toLowerCase(java.util.Locale.ROOT)));
        } catch (RuntimeException | StackOverflowError thrown) {
            answer.put("thrown", String.valueOf(thrown));
        }
        return answer;
    }

    private static Schema parse(JsonNode question, String side, ArrayNode invalid, ObjectNode answer) {
        try {
            Schema.Parser parser = new Schema.Parser();
            if (question.has("references")) {
                for (JsonNode reference : question.get("references")) {
                    parser.parse(reference.textValue());
                }
            }
            return parser.parse(question.get(side).textValue());
        } catch (RuntimeException | StackOverflowError thrown) {
            invalid.add(side);
            answer.put("error", String.valueOf(thrown));
            return null;
        }
    }
}
