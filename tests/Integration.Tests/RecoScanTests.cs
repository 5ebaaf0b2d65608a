using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SkyDriver.Integration.Tests;

/// <summary>Every reconstruction through one service and its workers: a small scan, whose fits are those of the same pixels without any service.</summary>
public sealed class RecoScanTests(RecoService recos) : IClassFixture<RecoService>
{
    private LocalService Service => recos.Service;

    [Theory]
    [InlineData("pandel_mpe")]
    [InlineData("pandel_spe")]
    [InlineData("pandel_mpe-layered-cap30")]
    [InlineData("cascade_pandel-deepcore")]
    [InlineData("millipede_lite")]
    public async Task Scan_OfOurOwnReconstructions_GivesTheFitsOfTheSamePixels(string recoAlgo)
    {
        string scan = await Service.RequestAsync("1:0", recoAlgo: recoAlgo);
        await Service.UntilCompleteAsync(scan);
        double[] llh = await LlhAsync(scan, 1);
        Assert.Equal(12, llh.Length);
        Assert.All(llh, value => Assert.InRange(value, 500, 50_000));
        Assert.Equal(await LlhOfPixelAsync(recoAlgo, "examples/track.json", 1, 4), llh[4]);
    }

    [Fact]
    public async Task Scan_ByAProgram_GivesItsFitsAlthoughItDies()
    {
        Python.With("json");
        string undisturbed = await Service.RequestAsync("1:0 2:4", recoAlgo: "external-point", label: "undisturbed");
        await Service.UntilCompleteAsync(undisturbed);
        Assert.Equal(await LlhOfPixelAsync("external-point", "examples/track.json", 1, 4), (await LlhAsync(undisturbed, 1))[4]);

        using RecoService.Switch crash = recos.CrashOnce();
        string disturbed = await Service.RequestAsync("1:0 2:4", recoAlgo: "external-point", label: "disturbed");
        await Service.UntilCompleteAsync(disturbed);
        Assert.False(crash.IsOn, "it did not crash");
        Assert.Equal(await LlhAsync(undisturbed, 2), await LlhAsync(disturbed, 2));
    }

    [Fact]
    public async Task Scan_ByAProgramThatCannotFitOnePixel_SetsItAsideWithTheProgramsWords()
    {
        Python.With("json");
        using RecoService.Switch hole = recos.NoTable();
        string scan = await Service.RequestAsync("1:0", recoAlgo: "external-point", label: "hole", clusters: """{"local": 3}""");
        await Service.UntilCompleteAsync(scan);
        double[] llh = await LlhAsync(scan, 1);
        Assert.Equal([5], Enumerable.Range(0, 12).Where(pixel => double.IsNaN(llh[pixel])));
        string progress = (await Service.GetAsync($"scan/{scan}/manifest?no_redirect=true")).GetProperty("progress").GetProperty("set_aside").GetRawText();
        Assert.Contains("there is no table for pixel 5", progress);
    }

    [Fact]
    public async Task Scan_Pointed_StaysAroundTheOnlineTrack()
    {
        string file = TestPaths.SharedData("events/138632_31747601.json");
        string scan = await Service.RequestAsync("32:0", recoAlgo: "pandel_mpe_pointed", ev: JsonNode.Parse(await File.ReadAllTextAsync(file)));
        await Service.UntilCompleteAsync(scan);
        double[] llh = await LlhAsync(scan, 32);
        Assert.InRange(llh.Length, 8, 14);
        Assert.All(llh, value => Assert.InRange(value, 1000, 3000));
    }

    [Fact]
    public async Task Scan_PointedAtAnEventWithoutATrack_FailsWithWhatHelps()
    {
        string scan = await Service.RequestAsync("1:0", recoAlgo: "pandel_mpe_pointed");
        await Service.UntilCompleteAsync(scan);
        Assert.Equal("'pandel_mpe_pointed' scans around the event's online track, and this event has none; use an algorithm that is not pointed.", (await Service.StatusAsync(scan)).GetProperty("failure").GetString());
    }

    [Theory]
    [InlineData("splinempe", "the nearest here is 'pandel_mpe'")]
    [InlineData("millipede_wilks", "the nearest here is 'millipede_lite'")]
    [InlineData("milipede", "the nearest is 'millipede_lite'")]
    [InlineData("pandel_mpe-layerd", "'pandel_mpe' does not have that option, it has layered")]
    public async Task Request_UnknownName_IsRefusedWithTheNearest(string recoAlgo, string nearest)
    {
        JsonObject body = new() { ["docker_tag"] = "latest", ["reco_algo"] = recoAlgo };
        using HttpResponseMessage answer = await Service.Http.PostAsJsonAsync("scan", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Contains($"'reco_algo': ", text);
        Assert.Contains(nearest, Regex.Unescape(text));
    }

    private async Task<double[]> LlhAsync(string scan, int nside)
    {
        using JsonDocument map = JsonDocument.Parse(await Service.MapAsync(scan));
        return [.. map.RootElement.GetProperty($"nside-{nside}").GetProperty("data").EnumerateArray().Select(row => row[1]).Select(llh => llh.ValueKind is JsonValueKind.Number ? llh.GetDouble() : double.NaN)];
    }

    /// <summary>As <c>skydriver pixel</c> fits it, without a service.</summary>
    private async Task<double> LlhOfPixelAsync(string recoAlgo, string ev, int nside, int pixel)
    {
        string[] arguments = ["pixel", ev, "--nside", nside.ToString(CultureInfo.InvariantCulture), "--pixel", pixel.ToString(CultureInfo.InvariantCulture), "--reco-algo", recoAlgo, "--external", recos.ExternalCommand, "--json"];
        (int exitCode, string output, string errors) = await SkyDriverProcess.RunAsync(arguments);
        Assert.True(exitCode == 0, errors);
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.GetProperty("variations").EnumerateArray().Select(variation => variation.GetProperty("llh")).Where(llh => llh.ValueKind is JsonValueKind.Number).Min(llh => llh.GetDouble());
    }
}
