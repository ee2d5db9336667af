//! Questions about one region.
//!
//! In: a region. Out: membership, an example, the number of packets.
//!
//! Invariant: nothing is added to the space.

use super::diagram::{EVERYTHING, NOTHING};
use super::interval::Point;
use super::{Field, LAYERS, Packet, Region, Space, Volume};
use std::collections::BTreeMap;

impl<T: Point> Space<T> {
    /// True when the packet is in the set. Packets beyond the frame are in none.
    pub fn contains(&self, region: Region, packet: &Packet<T>) -> bool {
        let fields = self.order.fields();
        if fields.iter().any(|field| packet.number(*field) > self.frame.largest(*field)) {
            return false;
        }
        let end =
            fields.iter().fold(region.0, |node, field| self.diagram.follow(node, packet.number(*field)));
        end == EVERYTHING
    }

    /// The smallest packet of the set in the field order; `None` for the empty set.
    pub fn example(&self, region: Region) -> Option<Packet<T>> {
        let mut packet = Packet { source: T::SMALLEST, destination: T::SMALLEST, service: T::SMALLEST };
        let mut node = region.0;
        for (layer, field) in self.order.fields().into_iter().enumerate() {
            let ((low, _), child) = self.diagram.intervals(node, self.largest_at(layer)).next()?;
            match field {
                Field::Source => packet.source = low,
                Field::Destination => packet.destination = low,
                Field::Service => packet.service = low,
            }
            node = child;
        }
        Some(packet)
    }

    /// How many packets the set has.
    pub fn volume(&self, region: Region) -> Volume {
        let mut known: [BTreeMap<u32, Volume>; LAYERS] = Default::default();
        self.volume_below(region.0, 0, &mut known)
    }

    fn volume_below(&self, node: u32, layer: usize, known: &mut [BTreeMap<u32, Volume>]) -> Volume {
        let Some((own, below)) = known.split_first_mut() else {
            return if node == EVERYTHING { Volume::from(1) } else { Volume::ZERO };
        };
        if node == NOTHING {
            return Volume::ZERO;
        }
        if let Some(volume) = own.get(&node) {
            return *volume;
        }
        let mut sum = Volume::ZERO;
        for ((low, high), child) in self.diagram.intervals(node, self.largest_at(layer)) {
            sum = sum + self.volume_below(child, layer + 1, below).times_width(low.wide(), high.wide());
        }
        own.insert(node, sum);
        sum
    }
}
