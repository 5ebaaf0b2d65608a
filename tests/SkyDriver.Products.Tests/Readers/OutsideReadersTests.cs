using System.Text.Json;

namespace SkyDriver.Products.Tests.Readers;

/// <summary>Our files in the hands of fitsverify, astropy, healpy and poppler; areas and probabilities computed there, not here.</summary>
public sealed class OutsideReadersTests(OutsideReaders readers) : IClassFixture<OutsideReaders>
{
    public static TheoryData<string> Skies => [.. OutsideReaders.Skies];

    /// <summary>Without the one whose surface is lowest along a circle.</summary>
    public static TheoryData<string> SkiesWithABest => [.. OutsideReaders.Skies.Where(sky => sky != "hole")];

    [Fact]
    public void Fitsverify_OfEveryFile_FindsNothing()
    {
        string[] files = [.. OutsideReaders.Skies.SelectMany(sky => Directory.EnumerateFiles(readers.Folder(sky), "*.fits.gz", SearchOption.AllDirectories))];
        string report = OutsideReaders.Run("fitsverify", ["-q", .. files]);
        Assert.Equal(22, files.Length);
        Assert.Equal(files.Length, report.Split('\n').Count(line => line.StartsWith("verification OK", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Skies))]
    public void MultiOrder_Cells_AreDisjointAndCoverTheSky(string sky)
    {
        JsonElement found = readers.Report(sky);
        Assert.True(found.GetProperty("tiling").GetBoolean());
        Assert.Equal(4 * Math.PI, found.GetProperty("sphere").GetDouble(), 1e-9);
    }

    [Theory]
    [MemberData(nameof(Skies))]
    public void Probabilities_FlatAndMultiOrder_SumToOneAndAgree(string sky)
    {
        JsonElement found = readers.Report(sky);
        Assert.Equal(1, found.GetProperty("multi_order_sum").GetDouble(), 1e-9);
        Assert.Equal(1, found.GetProperty("flat_sum").GetDouble(), 1e-9);
        Assert.Equal(0, found.GetProperty("flat_difference").GetDouble(), 1e-15);
    }

    [Theory]
    [MemberData(nameof(Skies))]
    public void Areas_ComputedFromTheProbabilities_AreOurs(string sky)
    {
        foreach (JsonProperty region in readers.Report(sky).GetProperty("regions").EnumerateObject())
        {
            double told = region.Value.GetProperty("told").GetDouble();
            Assert.Equal(told, region.Value.GetProperty("header").GetDouble(), 1e-5);
            Assert.Equal(told, region.Value.GetProperty("credible").GetDouble(), 0.001 * told);
            // The line runs between the cells' middles, so it gives and takes parts of cells on the edge.
            Assert.Equal(told, region.Value.GetProperty("text").GetDouble(), 0.01 * told);
        }
    }

    [Theory]
    [MemberData(nameof(Skies))]
    public void Contours_AsGeoJson_HoldTheCellsOfTheRegion(string sky)
    {
        foreach (JsonProperty region in readers.Report(sky).GetProperty("regions").EnumerateObject()) Assert.InRange(region.Value.GetProperty("mismatch").GetDouble(), 0, 0.01);
    }

    [Theory]
    [MemberData(nameof(Skies))]
    public void Likelihoods_ReadByHealpy_AreTheScannedPixels(string sky)
    {
        JsonElement found = readers.Report(sky);
        foreach (string fact in new[] { "likelihood_pixels_same", "nested_same", "scan_table_same", "header_matches" }) Assert.True(found.GetProperty(fact).GetBoolean(), fact);
        Assert.Empty(found.GetProperty("missing_cards").EnumerateArray());
    }

    [Theory]
    [MemberData(nameof(SkiesWithABest))]
    public void BestFit_OfTheDensestCell_IsOurs(string sky)
    {
        // One cell of the best pixel: they are some 1/80 of the region's width.
        double radius = Math.Sqrt(readers.Report(sky).GetProperty("regions").GetProperty("50").GetProperty("told").GetDouble() / Math.PI);
        Assert.InRange(readers.Report(sky).GetProperty("best_fit_off").GetDouble(), 0, 0.06 * radius);
    }

    [Fact]
    public void Pdf_OfAPlot_IsRenderedWithoutAWord()
    {
        string file = Directory.GetFiles(readers.Folder("plain"), "*.zoom.pdf").Single();
        string information = OutsideReaders.Run("pdfinfo", file);
        Assert.Contains("Pages:           1", information);
        Assert.Contains("creator: SkyDriver.Dapr", information);
        OutsideReaders.Run("pdftoppm", "-r", "48", "-png", file, Path.Combine(readers.Folder("plain"), "page"));
        Assert.Single(Directory.GetFiles(readers.Folder("plain"), "page*.png"));
    }
}
