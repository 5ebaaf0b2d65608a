namespace SkyDriver.KubernetesJobs.Tests.Jobs;

/// <summary>Texts that mean something to paths, selectors, shells, YAML, JSON or the expansion of variables; the same in every run.</summary>
internal static class HostileTexts
{
    private const int Count = 2000;
    private const string Letters = "/.-_,=%\"'\n\0$(){}[]:;&|<>! \\#@*?~`^+AZaz09\u00e9\u4e16\u202e";

    private static readonly string[] Known =
        ["", " ", ".", "..", "../../secrets/x", "a,b=c", "default", "-", "--all", "$(SECRET)", "$$(SECRET)", "%2e%2e%2f", "UPPER", "a\nb: c", "\"}, {\"", "scan!=x", "x in (a,b)", new('x', 128), "\ud83d\ude00"];

    public static IEnumerable<(string A, string B)> Pairs()
    {
        Random random = new(20260301);
        for (int i = 0; i < Count; i++) yield return (Text(random), Text(random));
    }

    private static string Text(Random random) => random.Next(8) == 0
        ? Known[random.Next(Known.Length)]
        : string.Concat(Enumerable.Range(0, random.Next(1, 129)).Select(_ => Letters[random.Next(Letters.Length)]));
}
