using System.Text.Json;
using SkyDriver.Scan;

namespace SkyDriver.Integration.Tests;

/// <summary>Commands that work on result files alone: no service runs.</summary>
public sealed class OfflineCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public OfflineCommandTests()
    {
        File.WriteAllBytes(_folder["a.npz"], Result(0).ToNpz());
        File.WriteAllBytes(_folder["near.json"], Result(1e-6).ToJson());
        File.WriteAllBytes(_folder["far.npz"], Result(0.5).ToNpz());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Convert_ToFitsAndBack_IsTheSameResult()
    {
        string[] files = (await GoodAsync("convert", _folder["a.npz"], "--reco-algo", "dummy", "--to", "moc", "fits-llh", "--out", _folder.Path)).Trim().Split('\n');
        Assert.Equal(2, files.Length);
        string multiOrder = Directory.GetFiles(_folder.Path, "*.multiorder.fits.gz").Single(), flat = Directory.GetFiles(_folder.Path, "*_llh.fits.gz").Single();
        await GoodAsync("convert", multiOrder, "--to", "npz", "--out", _folder["back"]);
        Assert.Equal(await File.ReadAllBytesAsync(_folder["a.npz"]), await File.ReadAllBytesAsync(Directory.GetFiles(_folder["back"], "*.npz").Single()));
        Assert.Contains("reco      dummy", await GoodAsync("info", multiOrder));
        Assert.Contains("192 of 192 pixels", await GoodAsync("info", flat));
    }

    [Fact]
    public async Task Compare_WithinAndBeyondTheTolerances_SaysSoInItsExitCode()
    {
        Assert.Contains("192 pixels", await GoodAsync("compare", _folder["a.npz"], _folder["near.json"]));
        (int exitCode, string output, _) = await SkyDriverProcess.RunAsync("compare", _folder["a.npz"], _folder["far.npz"], "--most", "5");
        Assert.Equal(9, exitCode);
        Assert.Equal(6, output.Trim().Split('\n').Length);
        Assert.Contains("nside 4     pixel 0         llh    100.5", output);
    }

    [Fact]
    public async Task Compare_FlippedDeclination_AgreesOnlyWhenTold()
    {
        await File.WriteAllBytesAsync(_folder["old.npz"], Result(0).MirroredInDeclination().ToNpz());
        Assert.Equal(9, (await SkyDriverProcess.RunAsync("compare", _folder["old.npz"], _folder["a.npz"])).ExitCode);
        await GoodAsync("compare", _folder["old.npz"], _folder["a.npz"], "--left-dec-flipped");
    }

    [Fact]
    public async Task AreasAndContours_OfOneFile_AgreeWithEachOther()
    {
        using JsonDocument areas = JsonDocument.Parse(await GoodAsync("areas", _folder["a.npz"], "--levels", "wilks", "--json"));
        using JsonDocument contours = JsonDocument.Parse(await GoodAsync("contours", _folder["a.npz"], "--levels", "wilks"));
        double told = areas.RootElement.GetProperty("regions").GetProperty("90").GetProperty("area_deg2").GetDouble();
        Assert.Equal(told, contours.RootElement.GetProperty("features")[0].GetProperty("properties").GetProperty("area_deg2").GetDouble());
        Assert.Contains("90 %", await GoodAsync("areas", _folder["a.npz"]));
        Assert.Contains("# 50 % region", await GoodAsync("contours", _folder["a.npz"], "--format", "text"));
    }

    [Fact]
    public async Task Plot_InAnyFormat_WritesBothPictures()
    {
        Assert.Equal(2, (await GoodAsync("plot", _folder["a.npz"], "--format", "pdf", "--colours", "cividis", "--out", _folder["pictures"])).Trim().Split('\n').Length);
        Assert.All(Directory.GetFiles(_folder["pictures"]), file => Assert.Equal("%PDF"u8.ToArray(), File.ReadAllBytes(file)[..4]));
    }

    [Theory]
    [InlineData(4, "there is no file", "info", "nothing.npz")]
    [InlineData(2, "cannot be used", "areas", "dapr.yaml")]
    [InlineData(2, "--reco-algo", "areas", "{a}", "--levels", "simulated")]
    [InlineData(2, "it has alert, wilks", "areas", "{a}", "--levels", "simulated", "--reco-algo", "dummy")]
    [InlineData(2, "--most", "compare", "{a}", "{a}", "--most", "0")]
    [InlineData(2, "--to", "convert", "{a}", "--to", "jpeg")]
    public async Task WrongUse_ExitCodeSaysWhichAndTextWhat(int expected, string named, params string[] arguments)
    {
        (int exitCode, string output, string errors) = await SkyDriverProcess.RunAsync([.. arguments.Select(a => a.Replace("{a}", _folder["a.npz"]))]);
        Assert.Equal((expected, ""), (exitCode, output));
        Assert.Contains(named, errors);
    }

    private static async Task<string> GoodAsync(params string[] arguments)
    {
        (int exitCode, string output, string errors) = await SkyDriverProcess.RunAsync(arguments);
        Assert.True(exitCode == 0, errors);
        return output;
    }

    // A whole sky whose llh grows with the pixel's number from 100; shifted from there.
    private static SkyScanResult Result(double shift)
    {
        long[] index = [.. Enumerable.Range(0, 192).Select(i => (long)i)];
        double[] llh = Array.ConvertAll(index, i => 100.5 + i + shift), other = Array.ConvertAll(index, i => 1.0 + i);
        return new([new NsideResult(4, 1, index, [llh, other, other, other, other, other, other], new(true, new(138632, 7, "track", 58933.4, IsRealEvent: true)))]);
    }
}
