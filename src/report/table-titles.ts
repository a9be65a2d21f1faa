import type { Language } from '../base/phrase.ts';
import type { Block } from './block.ts';

/** Titles of the tables of a report in Chinese. Names of settings and of structures stay as they are. */
const CHINESE: Readonly<Record<string, string>> = {
  AGE: '已用时间',
  BOOST: '提升',
  CACHE: '缓存',
  COMMAND: '命令',
  DISK: '磁盘',
  FAILS: '失败次数',
  FOR: '等待对象',
  FREE: '空闲',
  GROUP: '控制组',
  'HELD BY': '持有者',
  HIGH: '高',
  HOLDER: '用途',
  IN: '所在函数',
  KILLS: '杀死数',
  LOW: '低',
  MANAGED: '管理页数',
  MAX: '上限',
  MIN: '最低',
  NODE: '节点',
  OBJECTS: '对象数',
  OBJSIZE: '对象大小',
  OPERATION: '操作',
  PAGES: '页数',
  PATH: '路径',
  PEAK: '峰值',
  RECLAIMABLE: '可回收',
  REQUEST: '请求',
  RSS: '驻留',
  SECONDS: '秒',
  SECTOR: '扇区',
  SHARE: '占比',
  SIZE: '大小',
  ST: '状态',
  TYPE: '类型',
  USAGE: '用量',
  ZONE: '区域',
  '+ SWAP': '+ 交换',
  '+ PGTABLES': '+ 页表',
  '+ ADJUST': '+ 调整',
  '= POINTS': '= 得分',
};

/** The blocks with the titles of their tables in a language. */
export function* withTitlesIn(blocks: Iterable<Block>, language: Language): Iterable<Block> {
  for (const block of blocks) {
    if (language === 'en' || block.kind !== 'table') yield block;
    else yield { ...block, columns: block.columns.map((c) => ({ ...c, title: CHINESE[c.title] ?? c.title })) };
  }
}
