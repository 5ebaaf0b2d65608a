using System.Globalization;
using System.Text;
using System.Text.Json;
using SkyDriver.Sky;

namespace SkyDriver.Scan;

public sealed partial class SkyScanResult
{
    /// <summary>Reads the JSON form. Infinities, which older programs wrote bare, are read as NaN.</summary>
    /// <exception cref="ResultFormatException">It is not one.</exception>
    public static SkyScanResult FromJson(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Read(utf8);
        }
        catch (JsonException) when (BareNumbers.Quote(utf8) is { } quoted)
        {
            return ReadOrExplain(quoted);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new ResultFormatException(e.Message.TrimEnd('.'), e);
        }
    }

    private static SkyScanResult ReadOrExplain(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Read(utf8);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new ResultFormatException(e.Message.TrimEnd('.'), e);
        }
    }

    private static SkyScanResult Read(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8);
        Expect(ref json, JsonTokenType.StartObject, "an object with a key for each nside");
        var nsides = new List<NsideResult>();
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            if (!TryNside(key, out int nside)) throw new ResultFormatException($"'{key}' is not 'nside-' and a power of two");
            if (nsides.Any(known => known.Nside == nside)) throw new ResultFormatException($"'{key}' comes twice");
            nsides.Add(ReadNside(ref json, key, nside));
        }

        json.Read();        // throws if anything follows
        return new(nsides);
    }

    private static NsideResult ReadNside(ref Utf8JsonReader json, string key, int nside)
    {
        List<string>? columns = null;
        (List<long> Index, List<double> Values)? data = null;
        (ResultMetadata? Metadata, int? Nside, int Version) about = default;
        var seen = new HashSet<string>();
        Expect(ref json, JsonTokenType.StartObject, $"an object under '{key}'");
        while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            if (!seen.Add(name)) throw new ResultFormatException($"'{name}' comes twice under '{key}'");
            switch (name)
            {
                case "columns": columns = ReadColumns(ref json, key); break;
                case "data": data = ReadData(ref json, key); break;
                case "metadata": about = ReadMetadata(ref json, key); break;
                default: throw new ResultFormatException($"'{key}' has the unknown key '{name}'; it takes columns, data and metadata");
            }
        }

        if (columns is null || data is null || seen.Count != 3) throw new ResultFormatException($"'{key}' needs the keys columns, data and metadata");
        if (PixelColumns.Of(about.Version) is not { } expected || !columns.SequenceEqual(expected))
            throw new ResultFormatException($"the columns of '{key}' are not those of version {about.Version}");
        if (about.Nside is { } told && told != nside) throw new ResultFormatException($"the metadata of '{key}' say nside {told}");
        return Assemble(key, nside, about.Version, data.Value.Index, data.Value.Values, about.Metadata);
    }

    /// <summary>Cuts rows into columns, and sorts them if need be.</summary>
    internal static NsideResult Assemble(string key, int nside, int version, List<long> index, List<double> values, ResultMetadata? metadata)
    {
        int width = PixelColumns.Of(version)!.Length - 1;
        if (values.Count != (long)index.Count * width) throw new ResultFormatException($"a row of '{key}' does not have {width + 1} values");
        var order = new int[index.Count];
        for (int row = 0; row < order.Length; row++) order[row] = row;
        bool sorted = Enumerable.Range(1, Math.Max(0, index.Count - 1)).All(row => index[row] > index[row - 1]);
        if (!sorted) Array.Sort(order, (a, b) => index[a].CompareTo(index[b]));
        var columns = new ReadOnlyMemory<double>[width];
        for (int column = 0; column < width; column++) columns[column] = Array.ConvertAll(order, row => values[row * width + column]);
        long[] ordered = Array.ConvertAll(order, row => index[row]);
        CheckIndices(key, nside, ordered);
        return new(nside, version, ordered, columns, metadata);
    }

    internal static void CheckIndices(string key, int nside, ReadOnlySpan<long> ascending)
    {
        for (int row = 1; row < ascending.Length; row++)
        {
            if (ascending[row] == ascending[row - 1]) throw new ResultFormatException($"pixel {ascending[row]} comes twice in '{key}'");
        }

        if (ascending.Length > 0 && (ascending[0] < 0 || ascending[^1] >= Healpix.PixelCount(nside)))
            throw new ResultFormatException($"'{key}' has a pixel outside 0 … {Healpix.PixelCount(nside) - 1}");
    }

    internal static bool TryNside(string key, out int nside)
    {
        nside = 0;
        return key.StartsWith("nside-", StringComparison.Ordinal)
            && int.TryParse(key.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out nside) && Healpix.IsNside(nside);
    }

    private static List<string> ReadColumns(ref Utf8JsonReader json, string key)
    {
        Expect(ref json, JsonTokenType.StartArray, $"a list of names as the columns of '{key}'");
        var columns = new List<string>();
        while (json.Read() && json.TokenType is JsonTokenType.String) columns.Add(json.GetString()!);
        return json.TokenType is JsonTokenType.EndArray ? columns : throw new ResultFormatException($"the columns of '{key}' are not all names");
    }

    private static (List<long> Index, List<double> Values) ReadData(ref Utf8JsonReader json, string key)
    {
        var index = new List<long>();
        var values = new List<double>();
        Expect(ref json, JsonTokenType.StartArray, $"a list of rows as the data of '{key}'");
        while (json.Read() && json.TokenType is JsonTokenType.StartArray)
        {
            if (!json.Read() || json.TokenType is not JsonTokenType.Number || !json.TryGetInt64(out long ipix))
                throw new ResultFormatException($"a row of '{key}' does not begin with a whole number");
            index.Add(ipix);
            while (json.Read() && json.TokenType is not JsonTokenType.EndArray) values.Add(ReadFloat(ref json, key));
        }

        return json.TokenType is JsonTokenType.EndArray ? (index, values) : throw new ResultFormatException($"the data of '{key}' are not all rows");
    }

    private static double ReadFloat(ref Utf8JsonReader json, string key)
    {
        if (json.TokenType is JsonTokenType.Number) return json.GetDouble() is var value && double.IsFinite(value) ? value : double.NaN;
        return json.TokenType is JsonTokenType.String && json.ValueTextEquals(NanText)
            ? double.NaN
            : throw new ResultFormatException($"'{key}' has a value that is neither a number nor {NanText}");
    }

    private static (ResultMetadata? Metadata, int? Nside, int Version) ReadMetadata(ref Utf8JsonReader json, string key)
    {
        if (!json.Read()) throw new ResultFormatException($"'{key}' ends too early");
        using var document = JsonDocument.ParseValue(ref json);
        JsonElement root = document.RootElement;
        if (root.ValueKind is not JsonValueKind.Object) throw new ResultFormatException($"the metadata of '{key}' are not an object");
        int version = root.TryGetProperty("version", out var v) ? v.GetInt32() : 0;
        int? nside = root.TryGetProperty("nside", out var n) ? n.GetInt32() : null;
        if (!root.TryGetProperty("run_id", out var run)) return (null, nside, version);
        var ev = new EventMetadata(
            run.GetInt64(), root.GetProperty("event_id").GetInt64(), Text(root, "event_type"), Number(root, "mjd"), Flag(root, "is_real_event"), version);
        return (new(Flag(root, "complete"), ev), nside, version);
    }

    private static string Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString()! : "";

    private static double Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number ? value.GetDouble() : double.NaN;

    private static bool Flag(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True;

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type, string what)
    {
        if (!json.Read() || json.TokenType != type) throw new ResultFormatException($"{what} was expected");
    }
}

/// <summary>Numbers that are no JSON but that some writers leave bare.</summary>
internal static class BareNumbers
{
    private static readonly byte[][] Words = ["-Infinity"u8.ToArray(), "Infinity"u8.ToArray(), "NaN"u8.ToArray()];

    /// <summary>The same text with each of them as the text for NaN; null when there are none.</summary>
    public static byte[]? Quote(ReadOnlySpan<byte> utf8)
    {
        byte[] nan = Encoding.ASCII.GetBytes($"\"{SkyScanResult.NanText}\"");
        var output = new List<byte>(utf8.Length);
        bool inText = false, found = false;
        for (int i = 0; i < utf8.Length; i++)
        {
            int word = inText ? 0 : WordAt(utf8[i..]);
            if (word > 0)
            {
                output.AddRange(nan);
                i += word - 1;
                found = true;
                continue;
            }

            output.Add(utf8[i]);
            if (inText && utf8[i] == '\\' && i + 1 < utf8.Length) output.Add(utf8[++i]);
            else if (utf8[i] == '"') inText = !inText;
        }

        return found ? [.. output] : null;
    }

    private static int WordAt(ReadOnlySpan<byte> rest)
    {
        foreach (byte[] word in Words)
        {
            if (rest.StartsWith(word)) return word.Length;
        }

        return 0;
    }
}
