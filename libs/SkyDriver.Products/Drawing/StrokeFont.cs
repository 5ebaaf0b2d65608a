namespace SkyDriver.Products.Drawing;

/// <summary>Letters drawn with a pen, for pictures made of pixels: no font file is needed, and every machine draws the same.</summary>
internal static class StrokeFont
{
    private const double Unit = 0.72 / 7;       // seven units make the height of a capital letter
    private const double Gap = 1.7;             // between letters, in units

    // A stroke is a run of points, two characters each: x as 0-9, y as 0-9 above the base line or a, b below it.
    private static readonly Dictionary<char, string> Glyphs = new()
    {
        [' '] = "",
        ['!'] = "1712 1110",
        ['"'] = "0705 2725",
        ['#'] = "1016 3036 0545 0242",
        ['%'] = "0057 0717160607 5040415150",
        ['&'] = "5015061726150201103053",
        ['\''] = "0705",
        ['('] = "2716051220",
        [')'] = "0716251200",
        ['*'] = "2622 0543 0345",
        ['+'] = "2521 0343",
        [','] = "11100a",
        ['-'] = "0333",
        ['.'] = "1011",
        ['/'] = "0047",
        [':'] = "1011 1415",
        [';'] = "11100a 1415",
        ['<'] = "450341",
        ['='] = "0444 0242",
        ['>'] = "054301",
        ['?'] = "06173746453423 2120",
        ['['] = "27070020",
        ['\\'] = "0740",
        [']'] = "07272000",
        ['^'] = "052745",
        ['_'] = "0a4a",
        ['|'] = "0800",
        ['0'] = "100106173746413010",
        ['1'] = "052720 0040",
        ['2'] = "06173746450040",
        ['3'] = "06173746453424 344341301001",
        ['4'] = "370242 3730",
        ['5'] = "470704344341301001",
        ['6'] = "463717060110304143341403",
        ['7'] = "074710",
        ['8'] = "14050617374645341403011030414334",
        ['9'] = "011030414637170605143445",
        ['A'] = "002740 1333",
        ['B'] = "00073746453404 3443413000",
        ['C'] = "4637170601103041",
        ['D'] = "00072745412000",
        ['E'] = "47070040 0434",
        ['F'] = "470700 0434",
        ['G'] = "46371706011030414323",
        ['H'] = "0007 4047 0444",
        ['I'] = "0727 1710 0020",
        ['J'] = "3731201001",
        ['K'] = "0007 4702 1440",
        ['L'] = "070040",
        ['M'] = "0007336760",
        ['N'] = "00074047",
        ['O'] = "100106173746413010",
        ['P'] = "00073746453404",
        ['Q'] = "100106173746413010 2240",
        ['R'] = "00073746453404 2440",
        ['S'] = "463717060514344341301001",
        ['T'] = "0747 2720",
        ['U'] = "070110304147",
        ['V'] = "072047",
        ['W'] = "0710254047",
        ['X'] = "0047 0740",
        ['Y'] = "072347 2320",
        ['Z'] = "07470040",
        ['a'] = "0415354440 43130201103041",
        ['b'] = "0700 0415354441301001",
        ['c'] = "4435150401103041",
        ['d'] = "4740 4435150401103041",
        ['e'] = "03434435150401103041",
        ['f'] = "10162737 0434",
        ['g'] = "454a3b1b0a 4435150401103041",
        ['h'] = "0700 0415354440",
        ['i'] = "0500 0607",
        ['j'] = "252a1b0b 2627",
        ['k'] = "0700 3502 1340",
        ['l'] = "0700",
        ['m'] = "0500 0415253430 3445556460",
        ['n'] = "0500 0415354440",
        ['o'] = "100104153544413010",
        ['p'] = "050b 0415354441301001",
        ['q'] = "454b 4435150401103041",
        ['r'] = "0500 04152535",
        ['s'] = "44351504133342301001",
        ['t'] = "17112030 0535",
        ['u'] = "0501103041 4540",
        ['v'] = "052045",
        ['w'] = "0510244045",
        ['x'] = "0045 0540",
        ['y'] = "0521 451b0b",
        ['z'] = "05450040",
        ['°'] = "1506172615",
        ['−'] = "0343",
        ['·'] = "1314",
        ['Δ'] = "00274000",
        ['σ'] = "551504011030414535",
        ['±'] = "2622 0444 0141",
        ['×'] = "0145 0541",
        ['²'] = "061727260424",
        ['α'] = "4533100104153440",
        ['δ'] = "37172634413010010414",
        ['–'] = "0343",
        ['≤'] = "460442 0040",
        ['ψ'] = "0503124245 2720",
    };

    private static readonly Dictionary<char, Point[][]> Parsed = Glyphs.ToDictionary(g => g.Key, g => Parse(g.Value));

    /// <summary>Advance of the text in units of its size.</summary>
    public static double Width(string text) => text.Length == 0 ? 0 : (text.Sum(c => Advance(c)) - Gap) * Unit;

    /// <summary>Pen strokes, x from the text's start, y up from the base line, in units of the text's size.</summary>
    public static IEnumerable<Point[]> Lines(string text)
    {
        double x = 0;
        foreach (char c in text)
        {
            foreach (Point[] stroke in Glyph(c))
            {
                yield return [.. stroke.Select(p => new Point((x + p.X) * Unit, p.Y * Unit))];
            }

            x += Advance(c);
        }
    }

    private static Point[][] Glyph(char c) => Parsed.TryGetValue(c, out Point[][]? strokes) ? strokes : Parsed['?'];

    private static double Advance(char c)
    {
        Point[][] strokes = Glyph(c);
        return (strokes.Length == 0 ? 2 : strokes.Max(s => s.Max(p => p.X))) + Gap;
    }

    private static Point[][] Parse(string strokes) =>
    [
        .. strokes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(stroke =>
        {
            var points = new Point[stroke.Length / 2];
            for (int i = 0; i < points.Length; i++)
            {
                char y = stroke[(2 * i) + 1];
                points[i] = new(stroke[2 * i] - '0', y >= 'a' ? -(y - 'a' + 1) : y - '0');
            }

            return points;
        }),
    ];
}
