using System.Text;
using System.Text.Json;
using SkyDriver.Sky;

namespace SkyDriver.Scan.Tests;

public sealed class SkyScanResultTests
{
    [Fact]
    public void EventIdText_GoldenNames_Agree()
    {
        foreach (var row in Formats().GetProperty("file_names").EnumerateArray())
        {
            var ev = new EventMetadata(row.GetProperty("run_id").GetInt64(), row.GetProperty("event_id").GetInt64(), row.GetProperty("event_type").GetString() ?? "", 58000, false);
            Assert.Equal(row.GetProperty("event_id_string").GetString(), ev.EventIdText);
            var result = new SkyScanResult([.. row.GetProperty("nsides").EnumerateArray().Reverse().Select(nside => Nside(nside.GetInt32(), ev))]);
            Assert.Equal(row.GetProperty("file").GetString(), result.FileName(".npz"));
        }
    }

    [Fact]
    public void Fault_GoldenRunNumbers_Agree()
    {
        foreach (var row in Formats().GetProperty("run_id_validation").EnumerateArray())
        {
            var ev = new EventMetadata(row.GetProperty("run_id").GetInt64(), 1, "", 58000, row.GetProperty("is_real_event").GetBoolean());
            Assert.Equal(row.GetProperty("ok").GetBoolean(), ev.Fault() is null);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Formats_GoldenVersion_ReadAndWrittenByteForByte(int version)
    {
        var golden = Formats().GetProperty("results").EnumerateArray().Single(row => row.GetProperty("version").GetInt32() == version);
        byte[] npz = File.ReadAllBytes(TestPaths.SharedData($"golden/scan/{golden.GetProperty("npz").GetString()}"));
        var fromNpz = SkyScanResult.FromNpz(new MemoryStream(npz));
        var fromJson = SkyScanResult.FromJson(Encoding.UTF8.GetBytes(golden.GetProperty("serialized").GetRawText()));
        Assert.Equal(npz, fromJson.ToNpz());
        Assert.Equal(npz, fromNpz.ToNpz());
        using var json = JsonDocument.Parse(fromNpz.ToJson());
        JsonAssert.Same(golden.GetProperty("serialized"), json.RootElement, "serialized");
        Assert.StartsWith(golden.GetProperty("json_text_head").GetString()!, Encoding.UTF8.GetString(fromNpz.ToJson(indented: true)));
        Assert.Empty(fromNpz.DifferencesFrom(fromJson));
        Assert.Equal(version, fromNpz.Nsides[0].Version);
        Assert.Equal((long)golden.GetProperty("header_rows")[0][2].GetInt64(), fromNpz.Metadata!.Event.RunId);
    }

    [Fact]
    public void WriteJson_Indented_IsWhatPythonWrites()
    {
        var ev = new EventMetadata(123456, 7, "", 58000, true);
        var result = new SkyScanResult([new(1, 1, new long[] { 3 }, Columns([1e16, double.NaN, 1e-5, 123456789012345680.0, 0.0001, -0.0, 1e15]), new(true, ev))]);
        const string expected = """
            {
                "nside-1": {
                    "columns": [
                        "index",
                        "llh",
                        "E_in",
                        "E_tot",
                        "X",
                        "Y",
                        "Z",
                        "T"
                    ],
                    "data": [
                        [
                            3,
                            1e+16,
                            "<skyreader.nan>",
                            1e-05,
                            1.2345678901234568e+17,
                            0.0001,
                            -0.0,
                            1000000000000000.0
                        ]
                    ],
                    "metadata": {
                        "nside": 1,
                        "complete": true,
                        "run_id": 123456,
                        "event_id": 7,
                        "event_type": "",
                        "mjd": 58000.0,
                        "is_real_event": true,
                        "version": 1
                    }
                }
            }
            """;
        Assert.Equal(expected.ReplaceLineEndings("\n"), Encoding.UTF8.GetString(result.ToJson(indented: true)));
        Assert.Empty(SkyScanResult.FromJson(result.ToJson()).DifferencesFrom(result));
    }

    [Fact]
    public void FromJson_BareInfinities_AreReadAsNan()
    {
        const string text = """{"nside-1": {"columns": ["index", "llh", "E_in", "E_tot"], "data": [[0, -Infinity, NaN, 3.0], [1, Infinity, 2.0, 1.0], [2, 5.0, 6.0, 7.0]], "metadata": {"nside": 1, "note": "\"NaN Infinity\""}}}""";
        var result = SkyScanResult.FromJson(Encoding.UTF8.GetBytes(text));
        Assert.Equal([double.NaN, double.NaN, 5.0], result.Nsides[0].Llh.ToArray());
        Assert.Equal(2, result.BestFit!.Value.Pixel.Ipix);
    }

    [Fact]
    public void FromNpz_WithoutHeader_IsVersion0WithoutMetadata()
    {
        byte[] npz = File.ReadAllBytes(TestPaths.SharedData("golden/scan/format-v0.npz"));
        var bare = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(bare, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
        {
            using var from = new System.IO.Compression.ZipArchive(new MemoryStream(npz));
            foreach (var entry in from.Entries.Where(entry => entry.FullName != "header.npy"))
            {
                using var target = zip.CreateEntry(entry.FullName).Open();      // compressed, as numpy's other writer does
                using var source = entry.Open();
                source.CopyTo(target);
            }
        }

        var result = SkyScanResult.FromNpz(bare);
        Assert.Null(result.Metadata);
        Assert.Equal(0, result.Nsides[0].Version);
        Assert.Empty(result.DifferencesFrom(SkyScanResult.FromNpz(new MemoryStream(npz))));
        Assert.Throws<InvalidOperationException>(() => result.FileName(".npz"));
    }

    [Theory]
    [InlineData("[]", "object")]
    [InlineData("{\"nside-3\": {}}", "power of two")]
    [InlineData("{\"nside-1\": {\"columns\": [], \"data\": []}}", "needs the keys")]
    [InlineData("{\"nside-1\": {\"columns\": [\"index\", \"llh\"], \"data\": [], \"metadata\": {}}}", "version 0")]
    [InlineData("{\"nside-1\": {\"columns\": [\"index\", \"llh\", \"E_in\", \"E_tot\"], \"data\": [[0, 1.0, 2.0]], \"metadata\": {}}}", "4 values")]
    [InlineData("{\"nside-1\": {\"columns\": [\"index\", \"llh\", \"E_in\", \"E_tot\"], \"data\": [[12, 1.0, 2.0, 3.0]], \"metadata\": {}}}", "outside 0 … 11")]
    [InlineData("{\"nside-1\": {\"columns\": [\"index\", \"llh\", \"E_in\", \"E_tot\"], \"data\": [[1, 1.0, 2.0, 3.0], [1, 1.0, 2.0, 3.0]], \"metadata\": {}}}", "comes twice")]
    [InlineData("{\"nside-1\": {\"columns\": [\"index\", \"llh\", \"E_in\", \"E_tot\"], \"data\": [], \"metadata\": {\"nside\": 2}}}", "say nside 2")]
    [InlineData("{\"nside-1\": {\"columns\": [], \"data\": [], \"metadata\": {}, \"x\": 1}}", "unknown key 'x'")]
    [InlineData("{\"nside-1\": {\"columns\": [], \"data\": [], \"metadata\": {\"version\": \"one\"}}}", "Number")]
    [InlineData("{\"nside-1\"", "scan result")]
    [InlineData("{} {}", "after")]
    public void FromJson_Malformed_SaysWhere(string text, string part) =>
        Assert.Contains(part, Assert.Throws<ResultFormatException>(() => SkyScanResult.FromJson(Encoding.UTF8.GetBytes(text))).Message);

    [Fact]
    public void FromNpz_DamagedFiles_EndInOneClearError()
    {
        byte[] npz = File.ReadAllBytes(TestPaths.SharedData("golden/scan/format-v1.npz"));
        var random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. npz.Take(i % 4 == 0 ? random.Next(npz.Length) : npz.Length)];
            for (int n = 0; n < 4 && damaged.Length > 0; n++) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                SkyScanResult.FromNpz(new MemoryStream(damaged));
            }
            catch (ResultFormatException)
            {
                refused++;
            }
        }

        Assert.True(refused > 100);
    }

    [Fact]
    public void ToNpz_EmptyResult_IsRefused() => Assert.Throws<InvalidOperationException>(() => new SkyScanResult([]).ToNpz());

    [Fact]
    public void ToJson_EmptyResult_IsAnEmptyObject() => Assert.Equal("{}", Encoding.UTF8.GetString(new SkyScanResult([]).ToJson()));

    [Theory]
    [InlineData(100.0, 100.009, 0)]
    [InlineData(100.0, 100.02, 1)]
    public void DifferencesFrom_Llh_HasARelativeToleranceOf1e4(double a, double b, int differences) =>
        Assert.Equal(differences, With(llh: a).DifferencesFrom(With(llh: b)).Count);

    [Fact]
    public void DifferencesFrom_Rules_NanEqualsNanAndZeroEnergyMatchesAnything()
    {
        Assert.Empty(With(llh: double.NaN).DifferencesFrom(With(llh: double.NaN)));
        Assert.Single(With(llh: double.NaN).DifferencesFrom(With(llh: 1)));
        Assert.Empty(With(energy: 0).DifferencesFrom(With(energy: 77)));
        Assert.Empty(With(energy: 77).DifferencesFrom(With(energy: 77.7)));
        Assert.Equal(["E_in", "E_tot"], With(energy: 77).DifferencesFrom(With(energy: 78)).Select(difference => difference.Column));
        Assert.Single(With(x: 100).DifferencesFrom(With(x: 100.2)));
        Assert.Equal("index", Assert.Single(With(ipix: 3).DifferencesFrom(With(ipix: 4))).Column);
    }

    [Fact]
    public void BestFit_EqualValues_CoarsestAndSmallestWins()
    {
        var ev = new EventMetadata(123456, 1, "", 58000, true);
        var result = new SkyScanResult(
        [
            new(2, 0, new long[] { 5 }, [new double[] { 4 }, new double[1], new double[1]], new(true, ev with { Version = 0 })),
            new(1, 0, new long[] { 2, 7 }, [new double[] { double.NaN, 4 }, new double[2], new double[2]], new(true, ev with { Version = 0 })),
        ]);
        Assert.Equal(new Pixel(1, 7), result.BestFit!.Value.Pixel);
    }

    [Fact]
    public void At_Direction_IsTheFinestPixelThatHoldsIt()
    {
        var ev = new EventMetadata(123456, 1, "", 58000, true);
        Pixel fine = new(2, 17), coarse = new(1, Healpix.Parent(2, 17, 1));
        var result = new SkyScanResult([Nside(1, ev, coarse.Ipix), Nside(2, ev, fine.Ipix)]);
        Assert.Equal(fine, result.At(fine.Centre)!.Value.Pixel);
        var children = new long[4];
        Healpix.Children(1, coarse.Ipix, 2, children);
        Assert.Equal(coarse, result.At(new Pixel(2, children.First(child => child != 17)).Centre)!.Value.Pixel);
        Assert.Null(result.At(new Pixel(1, (coarse.Ipix + 6) % 12).Centre));
    }

    private static JsonElement Formats() =>
        JsonDocument.Parse(File.ReadAllBytes(TestPaths.SharedData("golden/scan/result_formats.json"))).RootElement;

    private static IReadOnlyList<ReadOnlyMemory<double>> Columns(double[] row) => [.. row.Select(value => (ReadOnlyMemory<double>)new[] { value })];

    private static NsideResult Nside(int nside, EventMetadata ev, long ipix = 0) => new(nside, 1, new[] { ipix }, Columns(new double[7]), new(true, ev));

    private static SkyScanResult With(long ipix = 3, double llh = 1, double energy = 2, double x = 3) =>
        new([new(1, 1, new[] { ipix }, Columns([llh, energy, energy, x, 4, 5, 6]), null)]);
}
