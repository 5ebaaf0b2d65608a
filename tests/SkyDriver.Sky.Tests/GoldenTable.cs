using System.Text.Json;

namespace SkyDriver.Sky.Tests;

/// <summary>Rows of a golden file; <c>row["theta"]</c> finds a column by its name.</summary>
internal sealed class GoldenTable
{
    private readonly Dictionary<string, int> _columns;
    private readonly JsonElement[] _rows;

    private GoldenTable(JsonElement table)
    {
        _columns = table.GetProperty("columns").EnumerateArray().Select((c, i) => (c.GetString()!, i)).ToDictionary();
        _rows = [.. table.GetProperty("rows").EnumerateArray()];
    }

    public int Count => _rows.Length;

    public IEnumerable<Row> Rows => _rows.Select(r => new Row(this, r));

    public static GoldenTable Healpix(string file) => new(Document($"golden/healpix/{file}"));

    public static GoldenTable Astro(string table) => new(Document("golden/astro/local_equatorial.json").GetProperty(table));

    private static JsonElement Document(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(TestPaths.SharedData(path)));
        return document.RootElement.Clone();
    }

    public readonly struct Row(GoldenTable table, JsonElement row)
    {
        private JsonElement this[string column] => row[table._columns[column]];

        public int Nside => Int("nside");

        public int Int(string column) => this[column].GetInt32();

        public long Long(string column) => this[column].GetInt64();

        public double Double(string column) => this[column].GetDouble();

        public bool Bool(string column) => this[column].GetBoolean();

        public string Text(string column) => this[column].GetString()!;

        public Vector3d Vector() => new(Double("x"), Double("y"), Double("z"));

        public long[] Longs(string column) => [.. this[column].EnumerateArray().Select(e => e.GetInt64())];

        /// <summary>Numbers, with null read as NaN.</summary>
        public double[] Doubles(string column) => Doubles(this[column]);

        public double[][] Lists(string column) => [.. this[column].EnumerateArray().Select(Doubles)];

        public override string ToString() => row.GetRawText();

        private static double[] Doubles(JsonElement list) =>
            [.. list.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Null ? double.NaN : e.GetDouble())];
    }
}
