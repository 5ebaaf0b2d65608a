using System.IO.Compression;
using System.Text;
using SkyDriver.Products.Fits;
using SkyDriver.Scan;
using SkyDriver.Sky;

namespace SkyDriver.Products.Tests.Fits;

public sealed class ResultFileTests
{
    [Theory]
    [InlineData("npz")]
    [InlineData("json")]
    [InlineData("moc")]
    public void Read_FormsWithAllPixels_GiveTheSameResult(string form)
    {
        ScanProducts products = SyntheticSky.Products();
        ResultFile read = ResultFile.Read(Make(products, form));
        Assert.Equal(products.Result.ToNpz(), read.Result.ToNpz());
        Assert.Equal(form == "moc" ? "dummy" : null, read.RecoAlgo);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_FlatLikelihoods_GiveTheSameMap(bool nested)
    {
        ScanProducts products = new(SyntheticSky.Result(), new("dummy") { Nested = nested });
        SkyScanResult read = ResultFile.Read(Make(products, "fits-llh")).Result;
        NsideResult only = Assert.Single(read.Nsides);
        Assert.Equal((128, 0, 138632L), (only.Nside, only.Version, read.Metadata!.Event.RunId));
        for (int row = 0; row < only.Count; row += 97)
        {
            double expected = products.Map.PixelValue(Healpix.PixelToVector(128, only.Index.Span[row]), out _) / 2;
            Assert.Equal(expected, only.Llh.Span[row], 1e-12);
        }
    }

    [Fact]
    public void Read_ProbabilitiesOnly_SaysWhatToGiveInstead() =>
        Assert.Contains("multi-order", Assert.Throws<FitsFormatException>(() => ResultFile.Read(Make(SyntheticSky.Products(), "fits"))).Message);

    [Theory]
    [InlineData("NAXIS2", "NAXIS2  =           9999999999")]
    [InlineData("NAXIS1", "NAXIS1  =                   -8")]
    [InlineData("TFORM1", "TFORM1  = '99999999D'")]
    [InlineData("TFORM2", "TFORM2  = '1Z      '")]
    public void Read_HeaderThatLies_IsRefusedByName(string keyword, string card)
    {
        byte[] file = Unpack(Make(SyntheticSky.Products(), "moc"));
        int at = Encoding.Latin1.GetString(file).IndexOf(keyword.PadRight(8) + "=", StringComparison.Ordinal);
        Encoding.ASCII.GetBytes(card.PadRight(80)).CopyTo(file, at);
        string message = Assert.Throws<FitsFormatException>(() => ResultFile.Read(file)).Message;
        Assert.True(message.Contains(keyword, StringComparison.Ordinal) || message.Contains("column", StringComparison.Ordinal), message);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2880)]
    [InlineData(9000)]
    [InlineData(40000)]
    public void Read_FileCutShort_IsRefused(int length)
    {
        byte[] file = Unpack(Make(SyntheticSky.Products(), "moc"));
        Assert.Throws<FitsFormatException>(() => ResultFile.Read(file[..length]));
    }

    [Fact]
    public void Read_NoResultAtAll_IsRefused()
    {
        Assert.Throws<ResultFormatException>(() => ResultFile.Read("hello"u8.ToArray()));
        Assert.Throws<ResultFormatException>(() => ResultFile.Read("PK.."u8.ToArray()));
        Assert.Throws<FitsFormatException>(() => ResultFile.Read([0x1F, 0x8B, 1, 2, 3]));
    }

    private static byte[] Make(ScanProducts products, string kind) => Assert.Single(products.Make([ProductKind.Find(kind)!])).Content;

    private static byte[] Unpack(byte[] packed)
    {
        using GZipStream gzip = new(new MemoryStream(packed), CompressionMode.Decompress);
        using MemoryStream copy = new();
        gzip.CopyTo(copy);
        return copy.ToArray();
    }
}
