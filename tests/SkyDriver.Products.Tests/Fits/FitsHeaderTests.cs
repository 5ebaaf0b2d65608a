using System.Text;
using SkyDriver.Products.Fits;

namespace SkyDriver.Products.Tests.Fits;

public sealed class FitsHeaderTests
{
    [Fact]
    public void ToBytes_AnyCards_AreEightyLettersInWholeBlocks()
    {
        FitsHeader header = new();
        for (int i = 0; i < 40; i++) header.Add("KEY" + i, i, "a comment");
        byte[] bytes = header.ToBytes();
        Assert.Equal(2 * 2880, bytes.Length);
        Assert.Equal("KEY0    =                    0 / a comment", Encoding.ASCII.GetString(bytes, 0, 80).TrimEnd());
        Assert.Equal("END", Encoding.ASCII.GetString(bytes, 40 * 80, 80).TrimEnd());
    }

    [Fact]
    public void Add_ValuesOfEachKind_AreSpelledByTheStandard()
    {
        FitsHeader header = new FitsHeader().Add("TEXT", "it's ∆", "").Add("FLAG", true, "").Add("WHOLE", -5, "").Add("REAL", 0.1, "").Add("ROUND", 3.0, "").Add("HUGE", 1.5e300, "")
            .Add("NONE", double.NaN, "").Add("CONTOUR_AREA_90", 4.5, "deg2");
        string text = Encoding.ASCII.GetString(header.ToBytes());
        string[] cards = [.. Enumerable.Range(0, 7).Select(i => text.Substring(80 * i, 80).TrimEnd())];
        Assert.Equal("TEXT    = 'it''s ? '", cards[0]);
        Assert.Equal("FLAG    =                    T", cards[1]);
        Assert.Equal("WHOLE   =                   -5", cards[2]);
        Assert.Equal("REAL    =                  0.1", cards[3]);
        Assert.Equal("ROUND   =                  3.0", cards[4]);
        Assert.Equal("HUGE    =             1.5E+300", cards[5]);
        Assert.Equal("HIERARCH CONTOUR_AREA_90 = 4.5 / deg2", cards[6]);
    }

    [Fact]
    public void Add_LongWords_NeverLeaveTheirCard()
    {
        FitsHeader header = new FitsHeader().Add("LONG", new string('x', 200), "no room for this").Add("HIERARCHICAL_KEYWORD", new string('\'', 100), "").AddHistory(new string('y', 200));
        string text = Encoding.ASCII.GetString(header.ToBytes());
        Assert.StartsWith($"LONG    = '{new string('x', 68)}'", text);
        Assert.StartsWith("HIERARCH HIERARCHICAL_KEYWORD = ''", text[80..]);
        Assert.Equal("'", text[80..160].TrimEnd()[^1..]);
        Assert.Equal(200, text[160..].Count(c => c == 'y'));
    }
}
