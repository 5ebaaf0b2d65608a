using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>The commands about reconstructions, none of which needs a service.</summary>
public sealed class RecoCommandTests : ServiceDoubleTests
{
    [Fact]
    public async Task Recos_ListsEveryNameWithItsOptionsAndWhereMoreIsSaid()
    {
        (int exitCode, string output, _) = await RunAsync("recos");
        Assert.Equal(0, exitCode);
        Assert.All(["pandel_mpe ", "pandel_mpe_pointed", "cascade_pandel", "millipede_lite", "external", "-layered", "-capN", "docs/reconstructions.md"], word => Assert.Contains(word, output));
        using JsonDocument document = JsonDocument.Parse((await RunAsync("recos", "--json")).Output);
        JsonElement mpe = document.RootElement.EnumerateArray().Single(reco => reco.GetProperty("name").GetString() == "pandel_mpe");
        Assert.Equal(7, mpe.GetProperty("position_variations").GetInt32());
        Assert.Equal(["layered", "deepcore", "capN", "shower"], mpe.GetProperty("options").EnumerateArray().Select(option => option.GetProperty("form").GetString()));
        Assert.True(File.Exists(Path.Combine(TestPaths.Repository, mpe.GetProperty("documentation").GetString()!)));
    }

    [Fact]
    public async Task Pixel_OfAnExampleEvent_ShowsEveryVariation()
    {
        (int exitCode, string output, string errors) = await RunAsync("pixel", "examples/track.json", "--nside", "64", "--pixel", "12340", "--json");
        Assert.True(exitCode == 0, errors);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement[] variations = [.. document.RootElement.GetProperty("variations").EnumerateArray()];
        Assert.Equal(Enumerable.Range(0, 7), variations.Select(variation => variation.GetProperty("posvar").GetInt32()));
        double best = variations[document.RootElement.GetProperty("best").GetInt32()].GetProperty("llh").GetDouble();
        Assert.Equal(best, variations.Min(variation => variation.GetProperty("llh").GetDouble()));
        Assert.Contains("best: variation", (await RunAsync("pixel", "examples/track.json", "--nside", "64", "--pixel", "12340", "--reco-algo", "pandel_spe")).Output);
    }

    [Theory]
    [InlineData("crash_dummy", "InvalidOperationException: crash_dummy fails|took longer than 1 s|best: variation 0")]
    [InlineData("external", "NotSupportedException: 'external' needs a program")]
    public async Task Pixel_FitsThatFail_AreShownWithTheReason(string algorithm, string expected)
    {
        (_, string output, _) = await RunAsync("pixel", "examples/track.json", "--nside", "8", "--pixel", "7", "--reco-algo", algorithm, "--time-limit", "1");
        Assert.Contains(expected.Split('|'), output.Contains);
    }

    [Fact]
    public async Task Pixel_WrongUse_SaysAllThatIsWrong()
    {
        (int exitCode, _, string errors) = await RunAsync("pixel", "no-such-file", "--nside", "63", "--pixel", "7", "--reco-algo", "splinempe", "--external", "[1]", "--time-limit", "-1");
        Assert.Equal(2, exitCode);
        Assert.All(["EVENT: 'no-such-file'", "--nside: 63", "the nearest here is 'pandel_mpe'", "--external: '[1]'", "--time-limit: -1"], part => Assert.Contains(part, errors));
        Assert.Contains("--pixel: 768 must be from 0 to 767", (await RunAsync("pixel", "examples/track.json", "--nside", "8", "--pixel", "768")).Errors);
    }

    [Fact]
    public async Task Calibrate_EndedAndStartedAgain_GoesOnWhereItWas()
    {
        string folder = Directory.CreateTempSubdirectory("calibrate-").FullName;
        try
        {
            (int exitCode, string output, string errors) = await RunAsync("calibrate", "--sets", "A", "--events", "1", "--out", folder);
            Assert.True(exitCode == 0, errors);
            Assert.Contains("| A pandel_mpe | 1 |", output);
            string trials = Path.Combine(folder, "trials.jsonl"), first = File.ReadAllText(trials);
            // As if it had been killed while it wrote the second line.
            File.AppendAllText(trials, first[..100]);
            Assert.Equal(0, (await RunAsync("calibrate", "--sets", "A", "--events", "2", "--out", folder)).ExitCode);
            string[] lines = File.ReadAllLines(trials);
            Assert.Equal(first.TrimEnd(), lines[0]);
            Assert.Equal([1, 2], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("seed").GetInt32()));
            Assert.True(File.Exists(Path.Combine(folder, "coverage.json")));

            File.WriteAllText(trials, "something else\n");
            Assert.Equal(2, (await RunAsync("calibrate", "--sets", "A", "--events", "1", "--out", folder)).ExitCode);
            Assert.Equal(2, (await RunAsync("calibrate", "--sets", "D")).ExitCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
