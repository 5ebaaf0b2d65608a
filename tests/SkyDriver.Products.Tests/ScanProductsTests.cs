using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using SkyDriver.Products.Drawing;
using SkyDriver.Products.Maps;

namespace SkyDriver.Products.Tests;

public sealed class ScanProductsTests
{
    public static TheoryData<string> Kinds => [.. ProductKind.All.Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Files_OfEveryKind_SayWithWhatTheyWereMade(string kind)
    {
        ScanProducts products = new(SyntheticSky.Result(64), new("dummy") { Levels = LevelSet.Wilks, EventSha256 = new string('e', 64) });
        foreach (ProductFile file in products.Make([ProductKind.Find(kind)!]))
        {
            Assert.StartsWith("run00138632.evt000000000007.track_8_64", file.Name);
            // The two forms of the reference have no room for it; their own hash is what the other files name.
            if (kind is "npz") Assert.Equal(products.Provenance.ResultSha256, Convert.ToHexStringLower(SHA256.HashData(file.Content)));
            if (kind is "npz" or "json") continue;
            byte[] content = kind is "fits" or "fits-llh" or "moc" ? Unpack(file.Content) : file.Content;
            string text = Encoding.Latin1.GetString(content);
            foreach (string fact in new[] { Provenance.Program, "dummy", products.Provenance.ResultSha256, products.Provenance.EventSha256!, "wilks" })
            {
                Assert.Contains(kind == "pdf" ? Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(fact)) : fact, text);
            }
        }
    }

    [Fact]
    public void Caution_RegionSmallerThanItsPixel_StandsInPlotsAndFiles()
    {
        Assert.Null(SyntheticSky.Products().Caution);
        // A degree wide, in pixels of seven degrees.
        ScanProducts coarse = new(SyntheticSky.Result(SyntheticSky.Pixels().Where(pixel => pixel.Nside == 8)), new("dummy") { Levels = LevelSet.Wilks });
        Assert.Contains("smaller than one pixel of nside 8 (53.7148 deg2)", coarse.Caution);
        foreach (string kind in new[] { "summary", "circular", "notice", "text", "geojson" })
        {
            Assert.All(coarse.Make([ProductKind.Find(kind)!]), file => Assert.Contains("caution: ", Encoding.UTF8.GetString(file.Content).Replace("\"caution\": \"", "caution: ")));
        }

        Assert.Contains(coarse.Drawings.Zoom.Shapes.OfType<Scene.TextShape>(), text => text.Text.StartsWith("Caution: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Make_ResultWithoutEvent_LeavesOutWhatMustNameIt()
    {
        Scan.SkyScanResult named = SyntheticSky.Result(64);
        ScanProducts products = new(new([.. named.Nsides.Select(n => new Scan.NsideResult(n.Nside, 0, n.Index, [.. n.Columns.Take(3)], null))]), new(""));
        string[] files = [.. products.Make(ProductKind.All.Where(k => k.Name is not ("png" or "pdf"))).Select(f => f.Name)];
        Assert.DoesNotContain(files, f => f.Contains("DRAFT") || f.EndsWith(".npz", StringComparison.Ordinal));
        Assert.All(files, f => Assert.StartsWith("result_8_64.", f));
    }

    [Fact]
    public void Make_Twice_GivesTheSameBytes()
    {
        ProductKind[] kinds = [.. ProductKind.All.Where(k => k.Name is not ("svg" or "png" or "pdf"))];
        ProductFile[] first = [.. SyntheticSky.Products().Make(kinds)], second = [.. SyntheticSky.Products().Make(kinds)];
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First.Content, pair.Second.Content));
    }

    [Theory]
    [InlineData("png", "npz json fits fits-llh moc geojson text summary notice circular svg png pdf")]
    [InlineData("pdf", "npz pdf svg")]
    [InlineData("fits", "summary json fits")]
    public void InOrderOfWork_OfAnyKinds_HasThemAllAndTheLongestFirst(string first, string names)
    {
        ProductKind[] kinds = [.. names.Split(' ').Select(name => ProductKind.Find(name)!)], order = [.. ProductKind.InOrderOfWork(kinds)];
        Assert.Equal(first, order[0].Name);
        Assert.Equal(names.Split(' ').Order(), order.Select(kind => kind.Name).Order());
        Assert.True(first != "png" || order[^1].Name == "svg");
    }

    [Fact]
    public void Constructor_NothingFitted_SaysSo()
    {
        Scan.NsideResult nside = SyntheticSky.Result(64).Nsides[0];
        double[] failed = new double[nside.Count];
        Array.Fill(failed, double.NaN);
        Scan.SkyScanResult result = new([new Scan.NsideResult(nside.Nside, 1, nside.Index, [failed, .. nside.Columns.Skip(1)], nside.Metadata)]);
        Assert.Contains("no pixel whose fit succeeded", Assert.Throws<ArgumentException>(() => new ScanProducts(result, new("dummy"))).Message);
    }

    private static byte[] Unpack(byte[] packed)
    {
        using GZipStream gzip = new(new MemoryStream(packed), CompressionMode.Decompress);
        using MemoryStream copy = new();
        gzip.CopyTo(copy);
        return copy.ToArray();
    }
}
