using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;
using SkyDriver.Products.Plots;

namespace SkyDriver.Products.Tests.Plots;

public sealed class PlotTests
{
    private static readonly PlotText Text = new("Run 1  Event 2  Type track  MJD 60000.0000", "dummy");

    [Fact]
    public void Plots_OfTheSameMap_AreTheSameBytes()
    {
        SkyMap map = new(SyntheticSky.Pixels());
        string first = SvgWriter.Write(FullSkyPlot.Draw(map, LevelSet.Wilks, Text), "t");
        Assert.Equal(first, SvgWriter.Write(FullSkyPlot.Draw(new SkyMap(SyntheticSky.Pixels()), LevelSet.Wilks, Text), "t"));
    }

    [Fact]
    public void ZoomPlot_NamesLevelsAreasAndBestFit()
    {
        SkyMap map = new(SyntheticSky.Pixels());
        Scene scene = ZoomPlot.Draw(map, LevelSet.Wilks, 4.36, 14.48, Text);
        string svg = SvgWriter.Write(scene, "t");
        foreach (string words in new[] { "50 %  4.36 deg²", "90 %  14.48 deg²", "limits: wilks", "RA   138.", "Run 1  Event 2" }) Assert.Contains(words, svg);
        // For a person's eyes, where somebody wants to look at what is drawn.
        if (Environment.GetEnvironmentVariable("PLOT_FOLDER") is { Length: > 0 } folder)
        {
            File.WriteAllBytes(Path.Combine(folder, "zoom.png"), PngWriter.Write(scene, 1.5));
            File.WriteAllBytes(Path.Combine(folder, "sky.png"), PngWriter.Write(FullSkyPlot.Draw(map, LevelSet.Wilks, Text), 1.5));
        }
    }

    [Fact]
    public void Plots_WithFailedFits_SaySo()
    {
        List<MapPixel> pixels = SyntheticSky.Pixels();
        pixels[3] = pixels[3] with { Llh = double.NaN };
        Assert.Contains("1 failed fits", SvgWriter.Write(FullSkyPlot.Draw(new SkyMap(pixels), LevelSet.Wilks, Text), "t"));
    }
}
