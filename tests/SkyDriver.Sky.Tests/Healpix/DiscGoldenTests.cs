namespace SkyDriver.Sky.Tests;

/// <summary>Rows made with healpy 1.16.1 query_disc.</summary>
public sealed class DiscGoldenTests
{
    [Fact]
    public void Disc_GoldenExactRows_Agree()
    {
        foreach (var row in GoldenTable.Healpix("query_disc.json").Rows.Where(r => !r.Bool("inclusive")))
        {
            Assert.True(Expected(row).SetEquals(Query(row)), row.ToString());
        }
    }

    [Fact]
    public void Disc_GoldenInclusiveRows_Agree()
    {
        foreach (var row in GoldenTable.Healpix("query_disc.json").Rows.Where(r => r.Bool("inclusive")))
        {
            Assert.True(Expected(row).SetEquals(Query(row)), row.ToString());
        }
    }

    private static List<long> Query(GoldenTable.Row row)
    {
        var result = new List<long>();
        if (row.Bool("nest")) Healpix.DiscNest(row.Nside, row.Vector(), row.Double("radius"), result, row.Bool("inclusive"), row.Int("fact"));
        else Healpix.Disc(row.Nside, row.Vector(), row.Double("radius"), result, row.Bool("inclusive"), row.Int("fact"));
        Assert.True(result.Zip(result.Skip(1)).All(p => p.First < p.Second), "ascending");
        return result;
    }

    private static HashSet<long> Expected(GoldenTable.Row row) =>
        [.. row.Lists("runs").SelectMany(r => Enumerable.Range(0, (int)(r[1] - r[0]) + 1).Select(i => (long)r[0] + i))];
}
