using System.Text;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Plots;
using SkyDriver.Scan;

namespace SkyDriver.Products.Tests.Plots;

public sealed class PlotTests
{
    [Fact]
    public void Plots_OfTheSameResult_AreTheSameBytes()
    {
        ProductKind[] kinds = [.. new[] { "svg", "png", "pdf" }.Select(name => ProductKind.Find(name)!)];
        ProductFile[] first = [.. SyntheticSky.Products().Make(kinds)], second = [.. SyntheticSky.Products().Make(kinds)];
        Assert.Equal(6, first.Length);
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First.Content, pair.Second.Content));
    }

    [Fact]
    public void ZoomPlot_NamesLevelsAreasErrorsAndBestFit()
    {
        ScanProducts products = SyntheticSky.Products();
        string svg = Svg(products, "zoom");
        string area = products.Ninety.SquareDegrees.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
        string up = products.Ninety.Errors.DecPlus.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
        foreach (string words in new[] { $"90 %  {area} deg²", $"Dec +{up} −", "limits: wilks", "RA   138.", "Run 138632  Event 7  SIMULATED", products.Provenance.ResultSha256[..16] }) Assert.Contains(words, svg);
    }

    [Fact]
    public void ZoomPlot_ContourWithinTheFrame_IsOneLine()
    {
        string[] lines = [.. Svg(SyntheticSky.Products(), "zoom").Split('\n').Where(l => l.Contains($"stroke=\"{Palette.Plasma.Ninety.ToHex()}\" stroke-width=\"2\"", StringComparison.Ordinal))];
        Assert.True(Assert.Single(lines).Count(c => c == 'L') > 40);
    }

    [Fact]
    public void Plots_WithFailedFits_SaySo()
    {
        NsideResult nside = SyntheticSky.Result().Nsides[0];
        double[] llh = nside.Llh.ToArray();
        llh[3] = double.NaN;
        SkyScanResult result = new([new NsideResult(nside.Nside, 1, nside.Index, [llh, .. nside.Columns.Skip(1)], nside.Metadata)]);
        Assert.Contains("1 failed fits", Svg(new(result, new("dummy")), "sky"));
    }

    [Fact]
    public void Plots_InColoursForEveryone_TellLinesApartByDashes()
    {
        ScanProducts products = new(SyntheticSky.Result(), new("dummy") { Palette = Palette.Cividis });
        Assert.Contains("stroke-dasharray", Svg(products, "zoom"));
        Assert.DoesNotContain("stroke-dasharray", Svg(SyntheticSky.Products(), "zoom"));
    }

    public static TheoryData<string> LevelSets => [.. LevelSet.Names, "calibrated-event"];

    [Theory]
    [MemberData(nameof(LevelSets))]
    public void Plots_EveryLevelSet_NoTextLeavesThePage(string name)
    {
        NsideResult nside = SyntheticSky.Result().Nsides[0];
        double[] llh = nside.Llh.ToArray();
        llh.AsSpan(3, 100).Fill(double.NaN);
        SkyScanResult result = new([new NsideResult(nside.Nside, 1, nside.Index, [llh, .. nside.Columns.Skip(1)], nside.Metadata)]);
        LevelSet levels = LevelSet.Find(name, "pandel_mpe") ?? CalibratedLevels.ForEvent("pandel_mpe", 1000, 140, 700)!;
        ScanProducts products = new(result, new("pandel_mpe_pointed-layered-deepcore-cap100") { Levels = levels, EventSha256 = new string('e', 64) });
        foreach (Scene scene in new[] { products.Drawings.Sky, products.Drawings.Zoom })
        {
            Scene.TextShape[] texts = [.. scene.Shapes.OfType<Scene.TextShape>().Where(text => text.Degrees == 0)];
            Assert.All(texts, text => Assert.True(Left(text) >= 0 && Left(text) + Width(text) <= scene.Width, text.Text));
            Assert.Contains(texts, text => text.Text.Contains(name, StringComparison.Ordinal));
        }

        static double Width(Scene.TextShape text) => text.Size * StrokeFont.Width(text.Text);
        static double Left(Scene.TextShape text) => text.At.X - (Width(text) * text.Anchor switch { Anchor.Start => 0, Anchor.Middle => 0.5, _ => 1 });
    }

    private static string Svg(ScanProducts products, string which) =>
        Encoding.UTF8.GetString(products.Make([ProductKind.Find("svg")!]).Single(f => f.Name.Contains(which, StringComparison.Ordinal)).Content);
}
