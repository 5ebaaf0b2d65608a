using System.Text.Json;
using System.Text.Unicode;

namespace SkyDriver.IceCube.Envelope;

/// <summary>First pass over a message, before anything is built from it: well-formed, UTF-8, of bounded size and depth, no member twice.</summary>
internal static class JsonGuard
{
    public static void Check(ReadOnlySpan<byte> json, string layer)
    {
        if (json.Length > Limits.MessageBytes)
            throw new EventFormatException(layer, 0, $"the message has {json.Length} bytes, more than the {Limits.MessageBytes} allowed");
        if (!Utf8.IsValid(json)) throw new EventFormatException(layer, 0, "the message is not UTF-8");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Limits.JsonDepth });
        try
        {
            Walk(ref reader, layer);
        }
        catch (JsonException fault)
        {
            throw new EventFormatException(layer, reader.BytesConsumed, "the message is not JSON, or nested too deeply", fault);
        }
        catch (InvalidOperationException fault)
        {
            throw new EventFormatException(layer, reader.TokenStartIndex, "a text escapes half of a surrogate pair", fault);
        }
    }

    private static void Walk(ref Utf8JsonReader reader, string layer)
    {
        var open = new Stack<HashSet<string>>();
        for (int tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == Limits.JsonTokens) throw new EventFormatException(layer, reader.TokenStartIndex, $"more than {Limits.JsonTokens} values");
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    open.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    open.Pop();
                    break;
                case JsonTokenType.PropertyName when !open.Peek().Add(reader.GetString()!):
                    throw new EventFormatException(layer, reader.TokenStartIndex, "an object has a member twice");
                case JsonTokenType.String when reader.ValueIsEscaped:
                    reader.GetString();   // throws on what no text can hold
                    break;
            }
        }
    }
}
