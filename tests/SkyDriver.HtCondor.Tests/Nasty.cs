namespace SkyDriver.HtCondor.Tests;

/// <summary>Texts by chance, of pieces that mean something to a shell, a submit file, an argument list, a ClassAd or a tool.</summary>
internal sealed class Nasty(int seed)
{
    private static readonly string[] Pieces =
    [
        " ", "a b", "'", "''", "\"", "\"\"", "\\", "\\\"", "\\\n", "it's \"q\"", "$", "$(ProcId)", "$(DOLLAR)", "$$(Arch)", "$$([1])", "$ENV(HOME)", "$F(Cmd)", "$RANDOM_CHOICE(a,b)", "#", "queue 5", "\nqueue 9\n",
        "= queue", ";", "|", "&&", "%", "%41", "%0A", "-name", "--help", "-spool", "ä", "\u2028", "\u0085", "🚀", "@=end", "\ninclude : id|\n", "+Owner = \"x\"", "true || true", "\" || \"\" =?= \"", "undefined", "a=b=c", ",",
        "`id`", "{}", "[x]", "\r\n", "\t", "worker", "v3.5", "/", ":", "image", "scan",
    ];

    private readonly Random _chance = new(seed);

    /// <summary>Runs a test many times; what fails says with which seed.</summary>
    public static void ForAll(int times, Action<Nasty> test)
    {
        for (int seed = 0; seed < times; seed++)
        {
            try
            {
                test(new(seed));
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}: {fault.Message}", fault);
            }
        }
    }

    public string Text() => string.Concat(Enumerable.Range(0, _chance.Next(5)).Select(_ => Pieces[_chance.Next(Pieces.Length)]));

    public string[] Texts() => [.. Enumerable.Range(0, _chance.Next(6)).Select(_ => Text())];
}
